import type { Client } from "ssh2";
import { own } from "../../config/own.ts";
import type { MethodsLeft } from "../auth/auth-conversation.ts";

interface Handlers {
  USERAUTH_FAILURE: (protocol: unknown, methods: unknown, isPartial: unknown) => void;
}

/**
 * What the server takes after its latest answer, undefined before the first; that one was partial is said once, since ssh2 also
 * asks for the next method when the one before could not be tried at all. ssh2 1.17 keeps the list of before when an
 * agent's key was refused, and all our keys are agents': where a key is the first of two factors it would go on to offer keys.
 * Its parts are private: what does not look as expected is left alone, and nothing is known then.
 */
export function followMethodsLeft(client: Client): () => MethodsLeft | undefined {
  let left: MethodsLeft | undefined;
  const handlers = own(own(client, "_protocol"), "_handlers");
  if (!isHandlers(handlers)) return () => undefined;
  const refused = handlers.USERAUTH_FAILURE;
  handlers.USERAUTH_FAILURE = (protocol, methods, isPartial) => {
    if (Array.isArray(methods))
      left = { methods: methods.filter((method) => typeof method === "string"), isPartial: isPartial === true };
    refused(protocol, methods, isPartial);
  };
  return () => {
    const now = left;
    if (left !== undefined) left = { ...left, isPartial: false };
    return now;
  };
}

const isHandlers = (value: unknown): value is Handlers => typeof own(value, "USERAUTH_FAILURE") === "function";
