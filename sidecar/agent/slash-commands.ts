import type { ActiveRun } from "./active-runs.ts";
import type { Runs } from "./runs.ts";

export interface SlashCommand {
  readonly name: string;
  readonly description: string;
  readonly category: "session" | "options" | "status";
  readonly acceptsArgs: boolean;
}

/** The commands that work in the chat. */
export const SLASH_COMMANDS: readonly SlashCommand[] = [
  { name: "help", description: "Show available commands.", category: "status", acceptsArgs: false },
  {
    name: "status",
    description: "Show this Gateway, the session and its model.",
    category: "status",
    acceptsArgs: false,
  },
  {
    name: "model",
    description: "Show the models, or choose one for this session.",
    category: "options",
    acceptsArgs: true,
  },
  { name: "new", description: "Start a new conversation in this session.", category: "session", acceptsArgs: false },
  { name: "reset", description: "Forget this conversation and start over.", category: "session", acceptsArgs: false },
  { name: "stop", description: "Stop the running answer.", category: "session", acceptsArgs: false },
];

const parse = (text: string): { readonly name: string; readonly argument: string } => {
  const [, name = "", argument = ""] = /^\/([a-z]+)(?:\s+(.*))?$/is.exec(text.trim()) ?? [];
  return { name: name.toLowerCase(), argument: argument.trim() };
};

/** Whether the Gateway answers this itself. What it does not know is a question like any other. */
export function isSlashCommand(text: string): boolean {
  const { name } = parse(text);
  return SLASH_COMMANDS.some((command) => command.name === name);
}

/** Answers a slash command; undefined when the text is none. */
export function runSlashCommand(text: string, run: ActiveRun, runs: Runs): string | undefined {
  const { name, argument } = parse(text);
  switch (name) {
    case "help":
      return SLASH_COMMANDS.map((command) => `- \`/${command.name}\` ${command.description}`).join("\n");
    case "status":
      return status(run, runs);
    case "model":
      return model(argument, run, runs);
    default:
      return undefined;
  }
}

/**
 * `/stop`, `/new` and `/reset` cannot wait behind the answer that they are about: they act when they arrive.
 * @returns what to answer, or undefined when the text is none of them
 */
export function runUrgentCommand(
  request: { readonly text: string; readonly sessionKey: string },
  runs: Runs,
): string | undefined {
  const { name } = parse(request.text);
  switch (name) {
    case "stop":
      return runs.abort(request.sessionKey, undefined, "stop-command").length === 0
        ? "Nothing was running."
        : "Stopped.";
    case "new":
    case "reset":
      runs.reset(request.sessionKey, name);
      return "Started a new conversation.";
    default:
      return undefined;
  }
}

function status(run: ActiveRun, runs: Runs): string {
  const { store, catalog } = runs.options;
  const session = store.sessions.get(run.sessionKey);
  const chosen = catalog.resolve(session?.model);
  return [
    `- Session: \`${run.sessionKey}\`, ${store.transcripts.count(run.sessionId)} messages`,
    `- Model: ${chosen === undefined ? "none configured" : `\`${chosen.ref}\``}${session?.model === undefined ? "" : " (chosen for this session)"}`,
    `- Sidecar: Node ${process.version}, up ${Math.round(process.uptime())} s, ${Math.round(process.memoryUsage.rss() / 1_048_576)} MB`,
  ].join("\n");
}

function model(wish: string, run: ActiveRun, runs: Runs): string {
  const { store, catalog, sink } = runs.options;
  const current = catalog.resolve(store.sessions.get(run.sessionKey)?.model);
  if (wish === "") {
    const lines = catalog.list().map(({ ref }) => `- \`${ref}\`${ref === current?.ref ? " (in use)" : ""}`);
    return lines.length === 0 ? "No model is configured." : `Choose one with \`/model NAME\`:\n${lines.join("\n")}`;
  }
  const chosen = wish === "default" ? catalog.primary() : catalog.match(wish);
  if (chosen === undefined)
    return `There is no model \`${wish.replaceAll("`", "'").slice(0, 100)}\`. Send /model to see them.`;
  const override = chosen.ref === catalog.primary()?.ref ? null : chosen.ref;
  store.transaction(() => store.sessions.patch(run.sessionKey, { model: override }, Date.now()));
  sink.changed(run.sessionKey, { reason: "patch" });
  return `This session now uses \`${chosen.ref}\`.`;
}
