import type { Logger } from "../../protocol/util/logger.ts";
import { FileWatch } from "../config/file-watch.ts";
import { reasonOf } from "../config/startup-error.ts";
import { type TlsMaterial, type TlsPaths, loadTls } from "./material.ts";

const DAY_MS = 86_400_000;
const WARN_DAYS = 14;

export interface LiveCertificateOptions {
  readonly paths: TlsPaths;
  /** The pair that is in use at the start. */
  readonly material: TlsMaterial;
  readonly logger: Logger;
  /** Renewals wait while it is true. */
  readonly isPaused: () => boolean;
  readonly changed: (material: TlsMaterial) => void;
}

/**
 * The certificate as it is now. Follows its files: a whole new pair is used from the next connection on, anything else
 * leaves the old one in use.
 */
export class LiveCertificate {
  readonly #options: LiveCertificateOptions;
  readonly #watch: FileWatch;
  #material: TlsMaterial;
  #problem: string | undefined;

  constructor(options: LiveCertificateOptions) {
    const { paths, material } = options;
    this.#options = options;
    this.#material = material;
    this.#warnAboutEnd();
    const files = [paths.cert, paths.key, paths.ca ?? []].flat();
    // Nothing to look at while it waits; what was renewed in the meantime is seen afterwards.
    this.#watch = new FileWatch(
      () => (options.isPaused() ? [] : files),
      () => this.#renew(),
    );
  }

  get material(): TlsMaterial {
    return this.#material;
  }

  #renew(): void {
    const { logger, changed, isPaused } = this.#options;
    if (isPaused()) return;
    try {
      const next = loadTls(this.#options.paths);
      this.#problem = undefined;
      const { cert, key, ca } = this.#material;
      if (next.cert === cert && next.key === key && next.ca === ca) return;
      this.#material = next;
      changed(next);
      logger.warn(`the TLS certificate was renewed; clients that pin it need SHA-256 ${next.fingerprint}`);
      this.#warnAboutEnd();
    } catch (error) {
      const why = reasonOf(error);
      if (why !== this.#problem) logger.error(`the renewed TLS certificate is not used, the old one stays: ${why}`);
      this.#problem = why;
    }
  }

  #warnAboutEnd(): void {
    const days = Math.floor((this.#material.validTo - Date.now()) / DAY_MS);
    if (days >= WARN_DAYS) return;
    const when = days < 0 ? "has expired" : `expires in ${days} days`;
    this.#options.logger.warn(`the TLS certificate ${this.#options.paths.cert} ${when}`);
  }

  dispose(): void {
    this.#watch.dispose();
  }
}
