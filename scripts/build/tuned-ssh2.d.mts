import type { Plugin } from "esbuild";

export function tune(source: string): string;
export const tunedSsh2: Plugin;
