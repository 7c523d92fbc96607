import { build } from "esbuild";
import { chmod, rename, writeFile } from "node:fs/promises";
import { brotliCompressSync, constants } from "node:zlib";
import { lazyNodeModules } from "./lazy-node-modules.mjs";
import { tunedSsh2 } from "./tuned-ssh2.mjs";

/**
 * What most starts never need and is large: kept compressed at the end of the file and compiled when it is first asked
 * for. Parsing it costs every start 30 ms and more, and it makes the file that is uploaded three times as large. A packed
 * module must not share objects with the rest, since it brings its own copy of what it imports. The Gateway itself is one of
 * them: what most starts run is the CLI. It may unpack the others.
 */
const PACKED = [
  { name: "ai-sdk", filter: /\/ai-sdk\.ts$/, entry: "./sidecar/agent/ai-sdk.ts" },
  { name: "ssh2", filter: /^ssh2$/, entry: "ssh2" },
  { name: "gateway", filter: /^\.\/run\.ts$/, entry: "./sidecar/run.ts" },
];

/**
 * CommonJS inside of an ES module: a Node module that is `require`d is loaded where it is used and not before everything
 * else, and `node:http` without the fetch implementation that naming its exports would load.
 */
const BANNER = [
  "#!/usr/bin/env node",
  'import { createRequire as __createRequire } from "node:module";',
  "const require = __createRequire(import.meta.url), __filename = import.meta.filename, module = { exports: {} };",
].join("\n");

/** The highest quality takes twenty times as long for 8 % less. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };

const marker = (name) => `//@packed ${name} `;

const unpack = (name) => `
  const source = require("node:fs").readFileSync(__filename, "latin1");
  const start = source.lastIndexOf(${JSON.stringify(`\n${marker(name)}`)}) + ${marker(name).length + 1};
  const packed = Buffer.from(source.slice(start, source.indexOf("\\n", start)), "base64");
  const code = require("node:zlib").brotliDecompressSync(packed).toString();
  const filename = __filename + "#${name}";
  const dirname = require("node:path").dirname(__filename);
  const vm = require("node:vm");
  const run = vm.compileFunction(code, ["module", "exports", "require", "__filename", "__dirname"], {
    filename,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  run(module, exports, require, __filename, dirname);
`;

const packedModules = {
  name: "packed-modules",
  setup({ onResolve, onLoad }) {
    for (const { name, filter } of PACKED) {
      onResolve({ filter }, ({ namespace, kind }) =>
        namespace === "packed" || kind === "entry-point" ? undefined : { path: name, namespace: "packed" },
      );
    }
    onLoad({ filter: /.*/, namespace: "packed" }, ({ path }) => ({ contents: unpack(path), loader: "js" }));
  },
};

/**
 * Builds the sidecar and its CLI as one executable file, written whole or not at all.
 * @param {{ outfile: string, version: string, dev?: boolean }} options `dev`: readable, nothing packed
 * @returns the metafiles of all that went in
 */
export async function buildSidecar({ outfile, version, dev = false }) {
  const common = {
    bundle: true,
    write: false,
    minify: !dev,
    sourcemap: dev ? "inline" : false,
    platform: "node",
    target: "node22",
    format: "cjs",
    external: ["*.node", "cpu-features", "bufferutil", "utf-8-validate"],
    // Without the native helper that `ws` would take from whatever folder the file lies in.
    define: { __VERSION__: JSON.stringify(version), "process.env.WS_NO_BUFFER_UTIL": '"1"' },
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
    outfile,
  };
  const plugins = dev ? [tunedSsh2] : [packedModules, lazyNodeModules, tunedSsh2];
  const main = build({ ...common, entryPoints: ["./sidecar/main.ts"], plugins, banner: { js: BANNER } });
  const parts = dev ? [] : PACKED.map(({ entry }) => build({ ...common, entryPoints: [entry], plugins }));
  const [result, ...packed] = await Promise.all([main, ...parts]);
  const sections = packed.map(
    ({ outputFiles: [file] }, index) =>
      `${marker(PACKED[index].name)}${brotliCompressSync(file.contents, BROTLI).toString("base64")}\n`,
  );
  const whole = `${result.outputFiles[0].text.trimEnd()}\n${sections.join("")}`;
  // One letter beyond it would make V8 read all of them as two bytes, which costs every start 10 ms.
  if (!dev && /[^\0-\x7f]/.test(whole))
    throw new Error("The sidecar is not plain ASCII: write \\u in a regular expression.");
  const temporary = `${outfile}.${process.pid}`;
  await writeFile(temporary, whole);
  await chmod(temporary, 0o755);
  await rename(temporary, outfile);
  return [result, ...packed];
}
