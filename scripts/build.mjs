import { build } from "esbuild";
import { chmod, cp, mkdir, readFile, rm } from "node:fs/promises";

/** Builds dist/: the extension, the sidecar and the webview. `--dev` keeps names and adds source maps. */
const dev = process.argv.includes("--dev");
const { version } = JSON.parse(await readFile("package.json", "utf8"));
const common = {
  bundle: true,
  minify: !dev,
  sourcemap: dev ? "linked" : false,
  define: { __VERSION__: JSON.stringify(version) },
  logLevel: "warning",
};
const node = { ...common, platform: "node", external: ["*.node", "cpu-features", "bufferutil", "utf-8-validate"] };

/** Keeps `import("./main.ts")` of the extension's entry a require of the file that is built beside it. */
const mainStaysApart = {
  name: "main-stays-apart",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/main\.ts$/ }, ({ importer, kind }) =>
      kind === "dynamic-import" && importer.endsWith("extension.ts")
        ? { path: "./main.js", external: true }
        : undefined,
    );
  },
};

await rm("dist", { recursive: true, force: true });
await mkdir("dist/webview", { recursive: true });
await Promise.all([
  build({
    ...node,
    // Two files: an entry of a few kilobytes, and all the rest, which the entry requires on first use.
    entryPoints: { extension: "extension/extension.ts", main: "extension/main.ts" },
    outdir: "dist",
    format: "cjs",
    target: "node22",
    external: [...node.external, "vscode"],
    supported: { "dynamic-import": false },
    plugins: [mainStaysApart],
  }),
  build({
    ...node,
    entryPoints: ["sidecar/main.ts"],
    outfile: "dist/sidecar.mjs",
    format: "esm",
    target: "node22",
    banner: {
      js: '#!/usr/bin/env node\nimport { createRequire as __cr } from "node:module"; const require = __cr(import.meta.url);',
    },
  }),
  build({
    ...common,
    platform: "browser",
    entryPoints: { chat: "webview/app/main.tsx" },
    outdir: "dist/webview",
    format: "esm",
    target: "chrome138",
    jsx: "automatic",
    jsxImportSource: "preact",
    loader: { ".ttf": "file" },
    assetNames: "[name]",
  }),
]);
await chmod("dist/sidecar.mjs", 0o755);
await cp("LICENSE", "dist/LICENSE").catch(() => undefined);
