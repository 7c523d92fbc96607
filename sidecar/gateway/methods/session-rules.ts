import type { Session } from "../../store/sessions.ts";
import { invalid, unavailable } from "../wire.ts";
import type { MethodContext } from "./method.ts";

export function currentOf(key: string, { store }: MethodContext): Session {
  const session = store.sessions.get(key);
  if (session === undefined) throw unavailable("the session was deleted meanwhile");
  return session;
}

export function requireGeneration(
  key: string,
  session: Session | undefined,
  { expected, what }: { readonly expected: string | undefined; readonly what: string },
): void {
  if (expected === undefined || session?.sessionId === expected) return;
  throw invalid(`Session ${key} changed before ${what}. Retry.`, { reason: "session-changed" });
}

export function resolvedOf(session: Session, { catalog }: MethodContext): Readonly<Record<string, unknown>> {
  const model = catalog.resolve(session.model);
  return { modelProvider: model?.provider.name ?? null, model: model?.entry.id ?? null };
}

export function freeLabel(wish: string, key: string, { store }: MethodContext): string {
  const clean = wish.trim();
  if (clean === "") throw invalid("invalid label: empty");
  if (store.sessions.labelTaken(clean, key)) throw invalid(`label already in use: ${clean}`);
  return clean;
}

export function knownModel(wish: string, { catalog }: MethodContext): string {
  const model = catalog.match(wish) ?? catalog.find(wish);
  if (model !== undefined) return model.ref;
  const provider = wish.includes("/") ? wish.slice(0, wish.indexOf("/")) : undefined;
  throw invalid(
    provider === undefined
      ? `unknown model: ${wish.slice(0, 200)}`
      : `Unknown provider "${provider.slice(0, 100)}". Use /models to list providers.`,
  );
}
