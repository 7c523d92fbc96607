import { CancelledError } from "../../protocol/errors/connect-error.ts";
import { asObject, asString } from "../../protocol/gateway/json.ts";
import type { Translate } from "../../protocol/l10n/translate.ts";
import { type EdgeHeaders, MAX_EDGE_NAMES, edgeNameFault, isEdgeValue } from "../../remote/socket/edge-headers.ts";
import type { SecretStore } from "../platform/ports.ts";
import { BACK, type Prompts } from "../ui/prompts.ts";
import { type GatewayTarget, targetKey } from "./profile.ts";

export const EDGE_HEADERS = "openclaw.edgeHeaders:";

export interface EdgeHeaderPorts {
  readonly secrets: SecretStore;
  readonly prompts: Pick<Prompts, "input">;
  readonly t: Translate;
  /** Hears every value that is read or typed, so that the log can take it out. */
  readonly onSecret: (value: string) => void;
}

/** The values of a Gateway's edge headers: in VS Code's secret storage under its place, asked for where one is missing. */
export function edgeHeadersOf(target: GatewayTarget, ports: EdgeHeaderPorts): EdgeHeaders | undefined {
  if (target.kind !== "url" || (target.edgeHeaders ?? []).length === 0) return undefined;
  const names = target.edgeHeaders ?? [];
  return {
    names,
    async values({ interactive, signal }) {
      const values = await load(target, ports);
      const missing = names.filter((name) => !values.has(name));
      if (missing.length === 0 || !interactive) return values;
      const typed = await ask(missing, { ...ports, url: target.url, signal });
      if (typed === undefined) throw new CancelledError();
      return save(target, new Map([...values, ...typed]), ports);
    },
  };
}

/** Asks for all of them again and keeps them. @returns false when a prompt was left; nothing is changed then */
export async function enterEdgeHeaders(target: GatewayTarget, ports: EdgeHeaderPorts): Promise<boolean> {
  if (target.kind !== "url" || target.edgeHeaders === undefined) return false;
  const typed = await ask(target.edgeHeaders, { ...ports, url: target.url });
  if (typed === undefined) return false;
  await save(target, typed, ports);
  return true;
}

/** Has the headers named, when a Gateway turns out to stand behind an edge. `undefined`: cancelled. */
export async function askEdgeNames(
  { prompts, t }: Pick<EdgeHeaderPorts, "prompts" | "t">,
  { url, value }: { readonly url: string; readonly value: string },
): Promise<readonly string[] | undefined> {
  const named = (text: string) => [...new Set(text.split(/[\s,]+/).filter((name) => name !== ""))];
  const text = await prompts.input({
    title: t("extension.edge.title", { url }),
    prompt: t("extension.edge.names"),
    placeholder: "CF-Access-Client-Id, CF-Access-Client-Secret",
    value,
    validate: (typed) => {
      const names = named(typed);
      const bad = names.find((name) => edgeNameFault(name) !== undefined);
      if (bad !== undefined) return t("extension.edge.badName", { name: bad });
      return names.length === 0 || names.length > MAX_EDGE_NAMES ? t("extension.edge.noName") : undefined;
    },
  });
  return text === undefined || text === BACK ? undefined : named(text);
}

async function load(target: GatewayTarget, { secrets, onSecret }: EdgeHeaderPorts): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  const text = await secrets.get(EDGE_HEADERS + targetKey(target));
  for (const [name, value] of Object.entries(parsed(text))) {
    const known = asString(value);
    if (known === undefined) continue;
    onSecret(known);
    values.set(name, known);
  }
  return values;
}

async function save(target: GatewayTarget, values: Map<string, string>, { secrets }: EdgeHeaderPorts) {
  await secrets.store(EDGE_HEADERS + targetKey(target), JSON.stringify(Object.fromEntries(values)));
  return values;
}

type Asking = EdgeHeaderPorts & { readonly url: string; readonly signal?: AbortSignal };

async function ask(names: readonly string[], { prompts, t, onSecret, url, signal }: Asking) {
  const values = new Map<string, string>();
  for (const name of names) {
    const value = await prompts.input({
      title: t("extension.edge.title", { url }),
      prompt: t("extension.edge.prompt", { name }),
      secret: true,
      validate: (text) => (isEdgeValue(text.trim()) ? undefined : t("extension.edge.bad")),
      ...(signal === undefined ? {} : { signal }),
    });
    if (value === undefined || value === BACK) return undefined;
    onSecret(value.trim());
    values.set(name, value.trim());
  }
  return values;
}

function parsed(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    return text === undefined ? {} : asObject(JSON.parse(text));
  } catch {
    return {};
  }
}
