import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** Modules of Node that are slow to load (up to 9 ms each) and that a command may never use. */
const LAZY = ["child_process", "dns/promises", "https", "tls", "zlib"];
const filter = new RegExp(`^(?:node:)?(?:${LAZY.join("|")})$`);

/** An esbuild plugin: these modules are loaded when something of them is first used, not when they are imported. */
export const lazyNodeModules = {
  name: "lazy-node-modules",
  setup({ onResolve, onLoad }) {
    onResolve({ filter }, ({ path, namespace }) =>
      namespace === "lazy-node" ? undefined : { path: path.replace("node:", ""), namespace: "lazy-node" },
    );
    onLoad({ filter: /.*/, namespace: "lazy-node" }, ({ path }) => {
      const keys = Object.keys(require(path)).join(" ");
      const get = `() => require("node:${path}")[key]`;
      const contents = `for (const key of "${keys}".split(" ")) Object.defineProperty(exports, key, { enumerable: true, get: ${get} });`;
      return { contents, loader: "js" };
    });
  },
};
