import { build } from "esbuild";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { buildSidecar } from "./build/sidecar.mjs";
import { tunedSsh2 } from "./build/tuned-ssh2.mjs";
import { thirdPartyNotices } from "./build/third-party-notices.mjs";

/** Builds dist/: the extension, the sidecar and the webview. `--dev` keeps names and adds source maps. */
process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const dev = process.argv.includes("--dev");
const { version } = JSON.parse(await readFile("package.json", "utf8"));
const common = {
  bundle: true,
  minify: !dev,
  sourcemap: dev ? "linked" : false,
  define: { __VERSION__: JSON.stringify(version) },
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
};
const node = {
  ...common,
  define: { ...common.define, "process.env.WS_NO_BUFFER_UTIL": '"1"' },
  platform: "node",
  target: "node22",
  external: ["*.node", "cpu-features", "bufferutil", "utf-8-validate"],
};
const extension = {
  ...node,
  format: "cjs",
  external: [...node.external, "vscode"],
  // A `require`: VS Code gives `vscode` to what is required, not to CommonJS that is imported.
  supported: { "dynamic-import": false },
};

/** `import("./main.ts")` in the extension's entry stays an import of a second file, so that the entry stays small. */
const secondFile = {
  name: "second-file",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/main\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./main.js", external: true } : undefined,
    );
  },
};

await rm("dist", { recursive: true, force: true });
await mkdir("dist/webview", { recursive: true });
const results = await Promise.all([
  build({ ...extension, entryPoints: ["extension/extension.ts"], outfile: "dist/extension.js", plugins: [secondFile] }),
  build({ ...extension, entryPoints: ["extension/main.ts"], outfile: "dist/main.js", plugins: [tunedSsh2] }),
  build({ ...node, format: "cjs", entryPoints: ["remote/ssh/system/askpass.ts"], outfile: "dist/askpass.js" }),
  buildSidecar({ outfile: "dist/sidecar.mjs", version, dev }),
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
const inputs = results.flat().flatMap(({ metafile }) => Object.keys(metafile.inputs));
await writeFile("dist/THIRD-PARTY-NOTICES.txt", await thirdPartyNotices(inputs));

for (const file of ["extension.js", "main.js", "sidecar.mjs", "webview/chat.js"]) {
  const { size } = await stat(`dist/${file}`);
  process.stdout.write(`dist/${file}: ${(size / 1024).toFixed(1)} KiB\n`);
}
