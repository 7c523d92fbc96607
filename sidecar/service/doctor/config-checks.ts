import { existsSync } from "node:fs";
import { chooseAuth } from "../../config/credentials.ts";
import { STATE_FILES } from "../../config/state-dir.ts";
import { reasonOf } from "../../config/startup-error.ts";
import { readIfPresent } from "../../store/private-file.ts";
import { join } from "node:path";
import { nearest } from "../../cli/nearest.ts";
import { reportKeys } from "./config-keys.ts";
import type { DoctorContext, Finding } from "./finding.ts";

const LEAST_TOKEN_CHARS = 24;
const LEAST_PASSWORD_CHARS = 12;
const LEAST_DIFFERENT_CHARS = 8;
const GUESSED_FIRST = /^(?:changeme|change-me|password|passw0rd|secret|token|openclaw|letmein|admin|test|123456)/i;

/** The config file: can be read, and every key in it is one. */
export function checkConfig({ config, configPath, rawConfig }: DoctorContext): readonly Finding[] {
  const finding = { id: "config", title: "Config" } as const;
  if (!config.ok) return [{ ...finding, severity: "error", evidence: config.why, remedy: `Correct ${configPath}.` }];
  if (!existsSync(configPath))
    return [{ ...finding, severity: "info", evidence: `${configPath} is not there; defaults` }];
  const { unknown, ignored } = reportKeys(rawConfig, nearest);
  const strange = unknown.map(({ path, meant }): Finding => {
    const remedy = meant === undefined ? "Remove it, or check the documentation." : `Did you mean "${meant}"?`;
    return { ...finding, id: "config.key", severity: "warning", evidence: `nobody reads ${path}`, remedy };
  });
  const rest: readonly Finding[] =
    ignored.length === 0
      ? []
      : [
          {
            ...finding,
            id: "config.ignored",
            severity: "info",
            evidence: `the sidecar does not use: ${ignored.join(", ")}`,
          },
        ];
  return [{ ...finding, severity: "ok", evidence: configPath }, ...strange, ...rest];
}

/** The shared secret: there, and not to be guessed. It is never shown. */
export function checkSecret({ config, stateDir, running, env }: DoctorContext): readonly Finding[] {
  const finding = { id: "auth.secret", title: "Secret" } as const;
  if (!config.ok) return [];
  if (running.kind === "ours" && running.info.launch?.secret === "given") {
    const evidence = "it was given when the sidecar was started, and is not known here";
    return [{ ...finding, severity: "info", evidence }];
  }
  try {
    const chosen = chooseAuth({ json: false, quiet: false }, config.value, env);
    // Who may come in without one is for the check of the exposure to say.
    if (chosen.mode !== "token" && chosen.secret === undefined) return [];
    const own = readIfPresent(join(stateDir, STATE_FILES.token))?.trim();
    if (chosen.secret === undefined && own === undefined) {
      return [{ ...finding, severity: "info", evidence: "none yet; the first start makes one" }];
    }
    const mode = chosen.mode === "token" ? "token" : "password";
    const value = chosen.secret?.value ?? own ?? "";
    const why = weakness(mode, value);
    const evidence = `${mode}, ${value.length} characters${why === undefined ? "" : `: ${why}`}`;
    if (why === undefined) return [{ ...finding, severity: "ok", evidence }];
    const remedy = "Replace it, for example with the output of: openssl rand -base64 32";
    return [{ ...finding, severity: "error", evidence, remedy }];
  } catch (error) {
    return [{ ...finding, severity: "error", evidence: reasonOf(error), remedy: "The sidecar does not start so." }];
  }
}

/** Why a secret can be guessed, or undefined. Pure. */
export function weakness(mode: "token" | "password", value: string): string | undefined {
  const least = mode === "token" ? LEAST_TOKEN_CHARS : LEAST_PASSWORD_CHARS;
  if (GUESSED_FIRST.test(value)) return "it begins like one that is guessed first";
  if (value.length < least) return `fewer than ${least}`;
  if (new Set(value).size < LEAST_DIFFERENT_CHARS) return `fewer than ${LEAST_DIFFERENT_CHARS} different ones`;
  return undefined;
}
