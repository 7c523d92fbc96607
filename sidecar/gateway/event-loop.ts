import { availableParallelism } from "node:os";
import { type EventLoopUtilization, performance } from "node:perf_hooks";

const SAMPLE_MS = 1_000;
/** A timer that is later than this means that requests waited too. */
const DEGRADED_DELAY_MS = 500;

/** Watches how busy this process is, with one timer a second. */
export class EventLoopWatch {
  readonly #timer: NodeJS.Timeout;
  #due = performance.now() + SAMPLE_MS;
  #last: EventLoopUtilization = performance.eventLoopUtilization();
  #lastCpu = process.cpuUsage();
  #delayMs = 0;
  #utilization = 0;
  #cpuCoreRatio = 0;
  #degradedSince: number | null = null;

  constructor() {
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS).unref();
  }

  #sample(): void {
    const now = performance.now();
    this.#delayMs = Math.max(0, now - this.#due);
    const elapsedMs = SAMPLE_MS + this.#delayMs;
    this.#due = now + SAMPLE_MS;
    const current = performance.eventLoopUtilization();
    this.#utilization = performance.eventLoopUtilization(current, this.#last).utilization;
    this.#last = current;
    const cpu = process.cpuUsage(this.#lastCpu);
    this.#lastCpu = process.cpuUsage();
    this.#cpuCoreRatio = (cpu.user + cpu.system) / 1000 / elapsedMs;
    if (this.#delayMs < DEGRADED_DELAY_MS) this.#degradedSince = null;
    else this.#degradedSince ??= Date.now();
  }

  /** As `eventLoop` of `health`. */
  view(): Readonly<Record<string, unknown>> {
    const round = (value: number): number => Math.round(value * 1000) / 1000;
    return {
      degraded: this.#degradedSince !== null,
      degradedSinceMs: this.#degradedSince,
      reasons: this.#degradedSince === null ? [] : ["event_loop_delay"],
      intervalMs: SAMPLE_MS,
      delayP99Ms: round(this.#delayMs),
      delayMaxMs: round(this.#delayMs),
      utilization: round(this.#utilization),
      cpuCoreRatio: round(this.#cpuCoreRatio),
      hostCpuCount: availableParallelism(),
    };
  }

  dispose(): void {
    clearInterval(this.#timer);
  }
}
