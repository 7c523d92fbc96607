import { type ValueSpan, scanJson5 } from "../../protocol/json5/scan.ts";
import { isRecord } from "../json.ts";

/** What stands in the place of a secret, both ways: the real Gateway's word, which its clients know. */
export const REDACTED = "__OPENCLAW_REDACTED__";

/** Keys whose value is a secret; under `headers` and `env` every value is. */
const SECRET_KEY = /(?:token|password|passphrase|secret|api[_-]?key|private[_-]?key|credential|authorization|cookie)$/i;
const SECRET_PARENTS = new Set(["headers", "env", "vars"]);
/** `${NAME}` says where a secret is and is none itself. */
const REFERENCE = /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/;
/** Shorter ones are not looked for in comments: they would be found everywhere. */
const MIN_SECRET = 6;

type Path = readonly (string | number)[];

/** A copy with every secret replaced. */
export function redactConfig(value: unknown, path: Path = []): unknown {
  if (isSecret(value, path)) return REDACTED;
  if (Array.isArray(value)) return value.map((item, index) => redactConfig(item, [...path, index]));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, redactConfig(child, [...path, key])]));
}

/**
 * The text of a config with every secret replaced, wherever it stands, also in a comment. The rest stays to the byte.
 * @param parsed what the text means
 */
export function redactText(text: string, parsed: unknown): string {
  const secrets = [...secretsOf(parsed)];
  const spans = [...valuesOf(scanJson5(text))].filter(({ path }) => isSecret(at(parsed, path), path));
  let out = text;
  for (const { span } of spans.toReversed()) out = `${out.slice(0, span.start)}"${REDACTED}"${out.slice(span.end)}`;
  for (const secret of secrets) if (secret.length >= MIN_SECRET) out = out.replaceAll(secret, REDACTED);
  return out;
}

/** A secret that was not sent back and is not known here. */
export class UnknownSecretError extends Error {
  override readonly name = "UnknownSecretError";
}

/**
 * The text with the secrets in it again that `redactText` took out.
 * @param known the config that has them
 * @throws UnknownSecretError when there is none at a place
 */
export function restoreText(text: string, parsed: unknown, known: unknown): string {
  const spans = [...valuesOf(scanJson5(text))].filter(({ path }) => at(parsed, path) === REDACTED);
  let out = text;
  for (const { path, span } of spans.toReversed()) {
    const secret = at(known, path);
    if (typeof secret !== "string") {
      throw new UnknownSecretError(`${path.join(".")} is redacted, and no value is stored there; give it one`);
    }
    out = out.slice(0, span.start) + JSON.stringify(secret) + out.slice(span.end);
  }
  return out;
}

function isSecret(value: unknown, path: Path): value is string {
  if (typeof value !== "string" || value === "" || REFERENCE.test(value)) return false;
  const [parent, key] = path.slice(-2);
  return SECRET_KEY.test(String(path.at(-1) ?? "")) || (key !== undefined && SECRET_PARENTS.has(String(parent)));
}

function* secretsOf(value: unknown, path: Path = []): Generator<string> {
  if (isSecret(value, path)) yield value;
  else if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* secretsOf(item, [...path, index]);
  else if (isRecord(value)) for (const [key, child] of Object.entries(value)) yield* secretsOf(child, [...path, key]);
}

/** Every value that is neither object nor list, in the order of the text. */
function* valuesOf(span: ValueSpan, path: Path = []): Generator<{ readonly path: Path; readonly span: ValueSpan }> {
  const { members, items } = span;
  if (members !== undefined) for (const { key, value } of members) yield* valuesOf(value, [...path, key]);
  else if (items !== undefined) for (const [index, item] of items.entries()) yield* valuesOf(item, [...path, index]);
  else yield { path, span };
}

function at(value: unknown, path: Path): unknown {
  let now = value;
  for (const key of path) {
    if (Array.isArray(now) && typeof key === "number") now = now[key];
    else if (isRecord(now) && typeof key === "string" && Object.hasOwn(now, key)) now = now[key];
    else return undefined;
  }
  return now;
}
