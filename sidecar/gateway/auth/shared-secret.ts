import { createHash, timingSafeEqual } from "node:crypto";
import type { Credentials } from "../wire.ts";

/** The secret that all operators of this Gateway share. `mode` names it; either wire field may carry it. */
export interface SharedSecret {
  readonly mode: "token" | "password";
  readonly value: string;
}

const digest = (value: string): Buffer => createHash("sha256").update(value, "utf8").digest();

/** Equality in a time that tells nothing about where two secrets differ, nor how long ours is. */
export function sameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected));
}

/** A credential without the blanks that copying adds; undefined when nothing is left. */
export function filled(credential: string | undefined): string | undefined {
  const trimmed = credential?.trim();
  return trimmed === "" ? undefined : trimmed;
}

/** `missing`: nothing was offered. When both fields are there, the one of the mode counts. */
export function checkSharedSecret(secret: SharedSecret, auth: Credentials | undefined): "ok" | "missing" | "mismatch" {
  const [first, second] = secret.mode === "token" ? [auth?.token, auth?.password] : [auth?.password, auth?.token];
  const given = filled(first) ?? filled(second);
  if (given === undefined) return "missing";
  return sameSecret(given, secret.value) ? "ok" : "mismatch";
}
