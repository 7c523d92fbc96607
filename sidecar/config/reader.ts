import { isRecord } from "../json.ts";
import { StartupError } from "./startup-error.ts";

/** A view of one object of the config that knows where it stands, so that a wrong value is named by its path. */
export interface ConfigReader {
  raw(key: string): unknown;
  keys(): readonly string[];
  text(key: string): string | undefined;
  integer(key: string, min: number, max: number): number | undefined;
  flag(key: string): boolean | undefined;
  choice<const T extends string>(key: string, allowed: readonly T[]): T | undefined;
  texts(key: string): readonly string[];
  textMap(): Readonly<Record<string, string>>;
  object(key: string): ConfigReader;
  objects(key: string): readonly ConfigReader[];
  error(key: string, why: string): StartupError;
}

/**
 * Reads `value` as an object of the config file `file`. Absent is undefined or empty; a wrong type throws.
 * @param at path of the object in the file, for the sentences
 */
export function readerOf(value: unknown, file: string, at = ""): ConfigReader {
  const wrong = (path: string, why: string): StartupError =>
    new StartupError(`The config file ${file} is wrong: ${path === "" ? "it" : path} ${why}.`);
  if (value !== undefined && !isRecord(value)) throw wrong(at, "must be an object");
  const record = value ?? {};
  const pathOf = (key: string): string => (at === "" ? key : `${at}.${key}`);
  // Own properties only: `__proto__` and its like are data.
  const raw = (key: string): unknown => (Object.hasOwn(record, key) ? record[key] : undefined);
  const error = (key: string, why: string): StartupError => wrong(pathOf(key), why);

  const array = (key: string): readonly unknown[] => {
    const found = raw(key);
    if (found === undefined) return [];
    if (!Array.isArray(found)) throw error(key, "must be a list");
    return found;
  };
  return {
    raw,
    error,
    keys: () => Object.keys(record),
    text(key) {
      const found = raw(key);
      if (found === undefined || typeof found === "string") return found;
      throw error(key, "must be a string");
    },
    integer(key, min, max) {
      const found = raw(key);
      if (found === undefined) return undefined;
      if (typeof found !== "number" || !Number.isInteger(found) || found < min || found > max) {
        throw error(key, `must be a whole number from ${min} to ${max}`);
      }
      return found;
    },
    flag(key) {
      const found = raw(key);
      if (found === undefined || typeof found === "boolean") return found;
      throw error(key, "must be true or false");
    },
    choice(key, allowed) {
      const found = raw(key);
      if (found === undefined) return undefined;
      const match = allowed.find((option) => option === found);
      if (match === undefined) throw error(key, `must be one of ${allowed.map((option) => `"${option}"`).join(", ")}`);
      return match;
    },
    texts(key) {
      return array(key).map((item) => {
        if (typeof item !== "string") throw error(key, "must be a list of strings");
        return item;
      });
    },
    textMap() {
      const map: Record<string, string> = {};
      for (const [key, found] of Object.entries(record)) {
        if (typeof found !== "string") throw error(key, "must be a string");
        map[key] = found;
      }
      return map;
    },
    object: (key) => readerOf(raw(key), file, pathOf(key)),
    objects: (key) => array(key).map((item, index) => readerOf(item, file, `${pathOf(key)}[${index}]`)),
  };
}
