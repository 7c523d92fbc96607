import type { BuildResult } from "esbuild";

export function buildSidecar(options: {
  readonly outfile: string;
  readonly version: string;
  readonly dev?: boolean;
}): Promise<readonly BuildResult[]>;
