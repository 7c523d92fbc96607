import type { ConnectionState } from "../../../protocol/client/connection-state.ts";
import type { GatewayEvent, GatewaySession } from "../../../protocol/client/gateway-session.ts";
import type { ConnectError } from "../../../protocol/errors/connect-error.ts";
import { toFailure } from "../../../protocol/errors/failure.ts";
import { readHello } from "../../../protocol/gateway/hello.ts";
import { emptyLadder } from "../../../protocol/ladder/steps.ts";
import { Emitter } from "../../../protocol/util/emitter.ts";
import type { LinkView } from "../../../extension/connection/gateway-link.ts";
import type { GatewayProfile } from "../../../extension/connection/profile.ts";
import type { Memory, SecretStore, Setting } from "../../../extension/platform/ports.ts";
import type { PickItem, Prompts } from "../../../extension/ui/prompts.ts";

export const HOME: GatewayProfile = { name: "home-server", target: { kind: "ssh", destination: "alice@home" } };
export const CLOUD: GatewayProfile = { name: "cloud", target: { kind: "url", url: "wss://cloud.example/" } };

/** A Memento that JSON passes through, as VS Code's does. */
export function memory(start: Record<string, unknown> = {}): Memory & { readonly values: Map<string, string> } {
  const values = new Map(Object.entries(start).map(([key, value]) => [key, JSON.stringify(value)]));
  return {
    values,
    get: (key) => {
      const text = values.get(key);
      return text === undefined ? undefined : JSON.parse(text);
    },
    update: async (key, value) => {
      if (value === undefined) values.delete(key);
      else values.set(key, JSON.stringify(value));
    },
  };
}

export function secrets(values = new Map<string, string>()): SecretStore & { readonly values: Map<string, string> } {
  return {
    values,
    get: async (key) => values.get(key),
    store: async (key, value) => void values.set(key, value),
    delete: async (key) => void values.delete(key),
  };
}

export function setting(start: unknown): Setting & { value: unknown } {
  const held = { value: start, read: () => held.value, write: async (value: unknown) => void (held.value = value) };
  return held;
}

/** One answer a question, in order: a label (or part of it) for a pick, a text for an input, a value for a modal. */
export type Answer = string | symbol | undefined;

export interface ScriptedPrompts extends Prompts {
  /** What was asked and told, one line each. */
  readonly said: readonly string[];
}

/** Prompts that a test answers beforehand. A question without an answer fails the test. */
export function scriptedPrompts(...answers: readonly Answer[]): ScriptedPrompts {
  const left = [...answers];
  const said: string[] = [];
  const next = (question: string): Answer => {
    said.push(question);
    if (left.length === 0) throw new Error(`nobody answers: ${question}`);
    return left.shift();
  };
  return {
    said,
    pick: async ({ title, items: first, live }) => {
      let items = first;
      const following = live?.((more) => (items = more));
      await Promise.resolve().then(() => undefined);
      following?.dispose();
      const answer = next(`pick: ${title}`);
      if (typeof answer !== "string") return answer as never;
      const found = items.filter((item) => "value" in item).find(({ label }) => label.includes(answer));
      if (found === undefined) throw new Error(`${answer} is none of ${items.map(labelOf).join(", ")}`);
      return (found as PickItem<never>).value;
    },
    input: async ({ title, validate, signal }) => {
      if (signal?.aborted === true) return undefined;
      const answer = next(`input: ${title}`);
      if (typeof answer === "string" && validate?.(answer) !== undefined)
        throw new Error(`${answer}: ${validate(answer)}`);
      return answer as never;
    },
    confirm: async ({ message, detail }) => next(`confirm: ${message}\n${detail}`) as never,
    awaitPage: async ({ message, page }) => next(`page: ${message} ${page}`) as never,
    inform: async (message, choices = []) =>
      (choices.length > 0 ? next(`inform: ${message}`) : void said.push(`inform: ${message}`)) as never,
    warn: async (message, choices = []) =>
      (choices.length > 0 ? next(`warn: ${message}`) : void said.push(`warn: ${message}`)) as never,
  };
}

const labelOf = (item: { label?: string; separator?: string }): string => item.label ?? item.separator ?? "";

const hello = (() => {
  const read = readHello({
    type: "hello-ok",
    protocol: 4,
    server: { version: "2026.9.6" },
    features: { methods: ["status", "health"] },
    auth: { role: "operator", scopes: ["operator.read"] },
    snapshot: { uptimeMs: 60_000, sessionDefaults: { mainSessionKey: "agent:main:main" } },
  });
  if (read === undefined) throw new Error("the fixture is no hello");
  return read;
})();

export const failedWith = (error: ConnectError): ConnectionState => ({
  phase: "failed",
  generation: 1,
  ladder: emptyLadder,
  failure: toFailure(error),
});

export const connectedState = {
  phase: "connected",
  generation: 1,
  ladder: emptyLadder,
  server: hello,
  roundTripMs: 41.4,
  badPolls: 0,
} as const satisfies ConnectionState;

export function linkView(state: ConnectionState, more: Partial<LinkView> = {}): LinkView {
  const { profile } = { profile: HOME, ...more };
  return {
    profile: HOME,
    target: profile?.target,
    ways: [],
    path: "ssh alice@home → 127.0.0.1:18789",
    connectedAt: undefined,
    latency: [],
    health: undefined,
    approval: undefined,
    ...more,
    state,
  };
}

type Answers = (method: string, params: unknown) => unknown;

/** A session that a test holds both ends of. */
export function fakeSession(answers: Answers = () => ({ ok: true })) {
  const closed = Promise.withResolvers<ConnectError>();
  const events = new Emitter<GatewayEvent>();
  const gaps = new Emitter<void>();
  const requests: { method: string; params: unknown }[] = [];
  let isClosed = false;
  const session: GatewaySession = {
    hello,
    request: async <T>(method: string, params?: unknown) => {
      requests.push({ method, params });
      return (await answers(method, params)) as T;
    },
    onEvent: events.event,
    onGap: gaps.event,
    closed: closed.promise,
    ping: async () => 3,
    close: () => void (isClosed = true),
  };
  return { session, events, gaps, requests, lose: closed.resolve, isClosed: () => isClosed };
}
