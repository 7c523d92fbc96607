import { createHash } from "node:crypto";
import { isAbsolute, join } from "node:path";
import type { SshEnvironment } from "./environment.ts";

/** What the percent tokens stand for (ssh_config(5), TOKENS), as far as it is known at the time. */
export type Tokens = Readonly<Partial<Record<"h" | "n" | "p" | "r" | "k" | "j", string>>>;

/** Says which part of a value cannot be expanded. */
export class ExpansionError extends Error {
  override readonly name = "ExpansionError";
}

/** Replaces `%x` tokens. @throws ExpansionError for a token that is not known here */
export function expandTokens(text: string, tokens: Tokens, environment: SshEnvironment): string {
  const local = environment.localHost;
  const own: Readonly<Record<string, string | undefined>> = {
    ...tokens,
    "%": "%",
    d: environment.home,
    i: typeof process.getuid === "function" ? String(process.getuid()) : "0",
    L: local.split(".")[0] ?? local,
    l: local,
    u: environment.localUser,
    C: createHash("sha1")
      .update(`${local}${tokens.h ?? ""}${tokens.p ?? ""}${tokens.r ?? ""}${tokens.j ?? ""}`)
      .digest("hex"),
  };
  return text.replace(/%(.?)/gs, (token, name: string) => {
    const value = Object.hasOwn(own, name) ? own[name] : undefined;
    if (value === undefined) throw new ExpansionError(`${token} is not a token that can stand here`);
    return value;
  });
}

/** Expands `~`, `${NAME}` and percent tokens of a file name, and makes it absolute (from the home directory). */
export function expandPath(text: string, tokens: Tokens, environment: SshEnvironment): string {
  let path = text.replace(/\$\{([^}]*)\}/g, (_all, name: string) => {
    const value = Object.hasOwn(environment.env, name) ? environment.env[name] : undefined;
    if (value === undefined) throw new ExpansionError(`the environment variable ${name} is not set`);
    return value;
  });
  path = expandTokens(path, tokens, environment);
  if (path === "~") return environment.home;
  if (path.startsWith("~/") || path.startsWith("~\\")) return join(environment.home, path.slice(2));
  if (path.startsWith("~")) throw new ExpansionError(`${text} names another user's home`);
  return isAbsolute(path) || isWindowsPipe(path) ? path : join(environment.home, path);
}

/** Agents on Windows listen on named pipes. */
function isWindowsPipe(path: string): boolean {
  return /^[\\/]{2}[.?][\\/]pipe[\\/]/.test(path);
}
