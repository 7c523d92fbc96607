import { isRecord } from "../json.ts";

/**
 * Small validators for what clients send. They are strict (no unknown property passes) and say what is wrong in the
 * words of the real Gateway, which clients match on. Hand-written because the published TypeBox runtime costs 200 ms of
 * start-up and a hundred times the code.
 */
export interface Schema<T> {
  /** Undefined when the value fits; else where and why: `at /limit: must be <= 1000`. */
  problem(value: unknown, path: string): string | undefined;
  /** Never there: only carries the type. */
  readonly of?: T;
}

/** True when `value` fits, which also gives it its type. */
export function fits<T>(schema: Schema<T>, value: unknown): value is T {
  return schema.problem(value, "") === undefined;
}

const at = (path: string, why: string): string => (path === "" ? why : `at ${path}: ${why}`);

export function text(limits: { min?: number; max?: number; pattern?: RegExp } = {}): Schema<string> {
  const { min = 0, max = Number.POSITIVE_INFINITY, pattern } = limits;
  return {
    problem(value, path) {
      if (typeof value !== "string") return at(path, "must be string");
      if (value.length < min) return at(path, `must not have fewer than ${min} characters`);
      if (value.length > max) return at(path, `must not have more than ${max} characters`);
      if (pattern !== undefined && !pattern.test(value)) return at(path, `must match pattern "${pattern.source}"`);
      return undefined;
    },
  };
}

/** A string of at least one character. */
export const nonEmpty: Schema<string> = text({ min: 1 });

export function integer(limits: { min?: number; max?: number } = {}): Schema<number> {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = limits;
  return {
    problem(value, path) {
      if (typeof value !== "number" || !Number.isInteger(value)) return at(path, "must be integer");
      if (value < min) return at(path, `must be >= ${min}`);
      if (value > max) return at(path, `must be <= ${max}`);
      return undefined;
    },
  };
}

export const flag: Schema<boolean> = {
  problem: (value, path) => (typeof value === "boolean" ? undefined : at(path, "must be boolean")),
};

/** Anything goes; the method that takes it does not read it. */
export const anything: Schema<unknown> = { problem: () => undefined };

export function oneOf<const T extends string>(allowed: readonly T[]): Schema<T> {
  const set = new Set<unknown>(allowed);
  return {
    problem: (value, path) => (set.has(value) ? undefined : at(path, "must be equal to one of the allowed values")),
  };
}

export function nullable<T>(inner: Schema<T>): Schema<T | null> {
  return { problem: (value, path) => (value === null ? undefined : inner.problem(value, path)) };
}

export function either<A, B>(first: Schema<A>, second: Schema<B>): Schema<A | B> {
  return {
    problem(value, path) {
      const why = first.problem(value, path);
      return why === undefined || second.problem(value, path) === undefined ? undefined : why;
    },
  };
}

export function list<T>(item: Schema<T>, limits: { max?: number } = {}): Schema<readonly T[]> {
  return {
    problem(value, path) {
      if (!Array.isArray(value)) return at(path, "must be array");
      if (limits.max !== undefined && value.length > limits.max)
        return at(path, `must not have more than ${limits.max} items`);
      for (let index = 0; index < value.length; index++) {
        const why = item.problem(value[index], `${path}/${index}`);
        if (why !== undefined) return why;
      }
      return undefined;
    },
  };
}

/** An object with any names, whose values are all of one kind. */
export function map<T>(value: Schema<T>): Schema<Readonly<Record<string, T>>> {
  return {
    problem(given, path) {
      if (!isRecord(given)) return at(path, "must be object");
      for (const [key, child] of Object.entries(given)) {
        const why = value.problem(child, `${path}/${key}`);
        if (why !== undefined) return why;
      }
      return undefined;
    },
  };
}

type Shape = Readonly<Record<string, Schema<unknown>>>;
type TypeOf<S> = S extends Schema<infer T> ? T : never;
type ObjectOf<R extends Shape, O extends Shape> = { readonly [K in keyof R]: TypeOf<R[K]> } & {
  readonly [K in keyof O]?: TypeOf<O[K]>;
};

/** A closed object: every required property, the optional ones, and nothing else. */
export function object<R extends Shape, O extends Shape>(required: R, optional: O): Schema<ObjectOf<R, O>> {
  const known = new Map<string, Schema<unknown>>([...Object.entries(required), ...Object.entries(optional)]);
  const needed = Object.keys(required);
  return {
    problem(value, path) {
      if (!isRecord(value)) return at(path, "must be object");
      for (const key of needed) {
        if (!Object.hasOwn(value, key)) return at(path, `must have required property '${key}'`);
      }
      for (const key of Object.keys(value)) {
        const schema = known.get(key);
        if (schema === undefined) return `at ${path === "" ? "root" : path}: unexpected property '${key}'`;
        const why = schema.problem(value[key], `${path}/${key}`);
        if (why !== undefined) return why;
      }
      return undefined;
    },
  };
}
