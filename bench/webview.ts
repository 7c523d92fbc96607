import type { CDPSession } from "playwright-core";
import { type PanelLook, PanelPage, buildPanel, launchChromium } from "../test/webview/support/panel-page.ts";

/**
 * The chat panel against the same work done plainly, in one Chromium, medians. Streaming is the time the main
 * thread was busy (script, style, layout) less what idle frames cost; opening is from the data to the painted frame.
 */
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 3);
const BARS = { streaming: 0.25, opening: 0.05 };
const LOOK: PanelLook = { theme: "dark", width: 360, height: 800 };

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const milliseconds = (value: number): string => `${value.toFixed(0)} ms`;

async function busySeconds(session: CDPSession): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN;
}

function report(what: string, ours: number, plain: number, bar: number): boolean {
  const ratio = ours / plain;
  const verdict = ratio <= bar ? "met" : "NOT MET";
  console.log(
    `${what}: ${milliseconds(ours)} against ${milliseconds(plain)} plain, ratio ${ratio.toFixed(3)}, bar ${bar}: ${verdict}`,
  );
  return ratio <= bar;
}

async function main(): Promise<void> {
  const [browser, files] = await Promise.all([launchChromium(), buildPanel("test/webview/dom/bench-page.tsx")]);
  try {
    const { page } = await PanelPage.open(browser, files, LOOK);
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable");
    const busy = async (run: string): Promise<number> => {
      const before = await busySeconds(session);
      await page.evaluate(`bench.${run}()`);
      return ((await busySeconds(session)) - before) * 1000;
    };
    const took = async (run: string): Promise<number> => Number(await page.evaluate(`bench.${run}()`));
    const streams = { panel: [] as number[], plain: [] as number[], idle: [] as number[] };
    const openings = { panel: [] as number[], plain: [] as number[] };
    // Once: it takes far longer than all the rest.
    streams.plain.push(await busy("streamPlain"));
    for (let round = 0; round < ROUNDS; round++) {
      streams.idle.push(await busy("idle"));
      streams.panel.push(await busy("streamPanel"));
      openings.panel.push(await took("openPanel"));
      openings.plain.push(await took("openPlain"));
    }
    const idle = median(streams.idle);
    const met = [
      report(
        "streaming 2,000 deltas, 60 KB, work",
        median(streams.panel) - idle,
        median(streams.plain) - idle,
        BARS.streaming,
      ),
      report("opening 5,000 messages, first paint", median(openings.panel), median(openings.plain), BARS.opening),
    ];
    if (met.includes(false)) process.exitCode = 1;
  } finally {
    await browser.close();
  }
}

await main();
