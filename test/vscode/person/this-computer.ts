import { strict as assert } from "node:assert";
import { followLines } from "../../../scripts/process/lines.ts";
import type { OwnedProcess } from "../../../scripts/process/owned-process.ts";
import { translator } from "../../../protocol/l10n/translate.ts";
import { Workbench } from "../../support/vscode/workbench.ts";
import type { Desk, Step } from "./perform.ts";

const t = translator("en");
const GATEWAY = "This computer";

/** What `npm start` offers: a Gateway here, a VS Code that knows it, and one Ctrl-C that ends both. */
export function thisComputer({
  page,
  picture,
  start,
  lines,
}: Desk & {
  /** Starts what `npm start` runs; the caller sees to its end. */
  readonly start: () => OwnedProcess;
  /** Gets what the program writes. */
  readonly lines: string[];
}): readonly Step[] {
  let program: OwnedProcess;
  let window: Workbench;
  const found = (pattern: RegExp): string =>
    pattern.exec(lines.join("\n"))?.[1] ?? assert.fail(`${pattern} was not printed`);

  return [
    {
      name: "npm start says where VS Code and the Gateway are, and how to end them",
      async body() {
        program = start();
        await new Promise<void>((resolve, reject) => {
          followLines(program.child, (line) => {
            lines.push(line);
            if (line.includes("Ctrl-C")) resolve();
          });
          void program.exit.then((code) => reject(new Error(`npm start ended (exit ${code})`)));
        });
        assert.match(found(/Gateway +(\S+)/), /^ws:\/\/127\.0\.0\.1:\d+$/);
      },
    },
    {
      name: "Connect Remote reaches the saved Gateway of this computer without a question",
      async body() {
        const vsCode = { url: found(/VS Code +(\S+)/), password: found(/\(password: (\S+)\)/) };
        window = await Workbench.open(page, vsCode);
        await window.command("OpenClaw: Connect Remote");
        await window.quickTitle(t("extension.connect.title")).waitFor();
        await window.pick(GATEWAY);
        await window.statusItem(new RegExp(`${GATEWAY} \\d+ ms`)).waitFor();
      },
    },
    {
      name: "without a model the chat says how to get one",
      async body() {
        await window.webview().getByText(t("panel.noModel.short"), { exact: false }).first().waitFor();
        await picture("no-model");
      },
    },
    {
      name: "Ctrl-C ends VS Code and the Gateway, and says nothing bad",
      async body() {
        const url = found(/VS Code +(\S+)/);
        program.child.kill("SIGINT");
        assert.equal(await program.exit, 0);
        await assert.rejects(fetch(url));
        await assert.rejects(fetch(found(/Gateway +(\S+)/).replace("ws:", "http:")));
      },
    },
  ];
}
