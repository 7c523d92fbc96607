#!/usr/bin/env node
// Stands in for the `tailscale` command: takes what the real one takes for `status`, `serve` and `funnel` (see
// cmd/tailscale/cli/serve_v2.go there) and refuses everything else as it does. State lies in FAKE_TAILSCALE_DIR.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const dir = process.env.FAKE_TAILSCALE_DIR;
const file = (name) => join(dir, name);
const read = (name, otherwise) => (existsSync(file(name)) ? readFileSync(file(name), "utf8") : otherwise);
const config = () => JSON.parse(read("serve.json", "{}"));
const [mode, ...args] = process.argv.slice(2);
appendFileSync(file("argv.log"), `${JSON.stringify([mode, ...args])}\n`);

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

const flags = args.filter((arg) => arg.startsWith("-"));
const operands = args.filter((arg) => !arg.startsWith("-"));
const NAME = "box.tail1234.ts.net";

if (mode === "status") {
  const odd = flags.find((flag) => !["--json", "--peers=false"].includes(flag));
  if (odd !== undefined) fail(`flag provided but not defined: ${odd}`);
  const state = read("state", "Running");
  if (state === "down") fail("failed to connect to local tailscaled; it doesn't appear to be running");
  process.stdout.write(JSON.stringify({ BackendState: state, Self: { DNSName: `${NAME}.` } }));
} else if (mode === "serve" || mode === "funnel") {
  if (operands[0] === "status") {
    // As the real one, the text for people leaves out what is served in the foreground.
    process.stdout.write(flags.includes("--json") ? JSON.stringify(config()) : "No serve config\n");
  } else {
    const odd = flags.find((flag) => !/^--(?:yes|https=443)$/.test(flag));
    if (odd !== undefined) fail(`flag provided but not defined: ${odd}`);
    if (operands.length !== 1) fail(`Error: invalid number of arguments (${operands.length})`);
    const refusal = read("refusal", "");
    if (refusal !== "") fail(refusal);
    const host = `${NAME}:443`;
    const funnel = mode === "funnel" ? { AllowFunnel: { [host]: true } } : {};
    const web = { Web: { [host]: { Handlers: { "/": { Proxy: operands[0] } } } } };
    const session = String(process.pid);
    writeFileSync(
      file("serve.json"),
      JSON.stringify({ Foreground: { [session]: { TCP: { 443: { HTTPS: true } }, ...web, ...funnel } } }),
    );
    writeFileSync(file("pid"), session);
    process.stdout.write(
      `Available within your tailnet:\n\nhttps://${NAME}/\n|-- / proxy ${operands[0]}\n\nPress Ctrl+C to exit.\n`,
    );
    const end = () => {
      writeFileSync(file("serve.json"), "{}");
      process.exit(0);
    };
    process.on("SIGTERM", end);
    process.on("SIGINT", end);
    setInterval(() => undefined, 60_000);
  }
} else fail(`unknown command: ${mode}`);
