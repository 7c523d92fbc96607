import { AGENT_ID } from "../../agent/agent-id.ts";
import type { ResolvedModel } from "../../agent/model-catalog.ts";
import { SLASH_COMMANDS } from "../../agent/slash-commands.ts";
import { anything, nonEmpty, object, text } from "../schema.ts";
import { requireAgent } from "../session-keys.ts";
import { type MethodContext, method } from "./method.ts";

type View = Readonly<Record<string, unknown>>;

const THINKING = { thinkingLevels: [{ id: "off", label: "off" }], thinkingDefault: "off" } as const;

const modelView = (model: ResolvedModel, primary: ResolvedModel | undefined): View => ({
  id: model.entry.id,
  name: model.entry.name,
  provider: model.provider.name,
  contextWindow: model.entry.contextWindow,
  reasoning: model.entry.reasoning,
  ...(model.ref === primary?.ref ? { tags: ["default"] } : {}),
  ...THINKING,
  available: true,
});

/** The models of the config; the default is among them even when its provider does not list it. */
function modelViews({ catalog }: MethodContext): readonly View[] {
  const primary = catalog.primary();
  const all = catalog.list();
  const isListed = primary === undefined || all.some((model) => model.ref === primary.ref);
  return (isListed ? all : [primary, ...all]).map((model) => modelView(model, primary));
}

/** The slash commands as `commands.list` shows them. */
export function commandEntries(): readonly View[] {
  return SLASH_COMMANDS.map(({ name, description, category, acceptsArgs }) => ({
    name,
    nativeName: name,
    textAliases: [`/${name}`],
    description,
    category,
    source: "native",
    scope: "both",
    acceptsArgs,
  }));
}

/** What a chat needs beside its messages. */
export function metadataOf(sessionKey: string | undefined, context: MethodContext): View {
  const session = sessionKey === undefined ? undefined : context.store.sessions.get(sessionKey);
  const model = context.catalog.resolve(session?.model);
  return {
    commands: commandEntries(),
    models: modelViews(context),
    modelProvider: model?.provider.name ?? null,
    model: model?.entry.id ?? null,
    agentId: AGENT_ID,
    agents: agentsView(context),
  };
}

function agentsView({ about, catalog }: MethodContext): View {
  const primary = catalog.primary();
  return {
    defaultId: AGENT_ID,
    ownership: "sole",
    selectionRequired: false,
    mainKey: "main",
    scope: "per-sender",
    agents: [
      {
        id: AGENT_ID,
        kind: "agent",
        workspace: about.stateDir,
        workspaceGit: false,
        ...THINKING,
        thinkingOptions: ["off"],
        ...(primary === undefined ? {} : { model: { primary: primary.ref } }),
      },
    ],
  };
}

/** The one agent and its models. */
export const agentMethods = [
  method({
    name: "agents.list",
    scope: "operator.read",
    params: anything,
    call: (_params, context) => agentsView(context),
  }),
  method({
    name: "models.list",
    scope: "operator.read",
    params: anything,
    call: (_params, context) => ({ models: modelViews(context) }),
  }),
  method({
    name: "agent.identity.get",
    scope: "operator.read",
    params: object({}, { agentId: nonEmpty, sessionKey: text() }),
    call(params) {
      requireAgent(params.agentId);
      return { agentId: AGENT_ID, name: "OpenClaw", nameSource: "default", avatarStatus: "none" };
    },
  }),
];
