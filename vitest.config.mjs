import { defineConfig } from "vitest/config";

/** What is waited for by asking again and again comes late on a busy machine; a second is vitest's own idea. */
const patience = { poll: { timeout: 5_000 } };
const project = (name, include, extra = {}) => ({ test: { name, include, expect: patience, ...extra } });

/** One project a kind of test, so that `vitest --project unit` runs without any of the real parts. */
export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: {
    projects: [
      project("unit", ["test/unit/**/*.test.ts"]),
      project("webview", ["test/webview/**/*.test.{ts,tsx}"], { environment: "jsdom" }),
      project("integration", ["test/integration/**/*.test.ts"], { testTimeout: 30_000, hookTimeout: 60_000 }),
      project("contract", ["test/contract/**/*.test.ts"], { testTimeout: 30_000, hookTimeout: 120_000 }),
      project("mutation", ["test/mutation/**/*.test.ts"], { hookTimeout: 120_000 }),
      project("peer", ["test/peer/**/*.test.ts"], {
        testTimeout: 120_000,
        hookTimeout: 180_000,
        fileParallelism: false,
      }),
    ],
  },
});
