import { ModelCatalog } from "../../agent/model-catalog.ts";
import type { ProviderConfig } from "../../config/config.ts";
import { errnoOf, reasonOf } from "../../config/startup-error.ts";
import type { DoctorContext, Finding } from "./finding.ts";

const TIMEOUT_MS = 3_000;

/** A model is configured, its key can be had, and its endpoint answers and takes the key. */
export async function checkModel({ config, configPath }: DoctorContext): Promise<readonly Finding[]> {
  if (!config.ok) return [];
  const finding = { id: "model", title: "Model" } as const;
  const choice = new ModelCatalog(config.value).choose(undefined);
  if (!choice.ok) {
    const evidence = config.value.primaryModel === undefined ? "none is configured" : choice.why;
    const remedy = `Set models.providers and agents.defaults.model.primary in ${configPath}; the chat shows an example.`;
    return [{ ...finding, severity: "warning", evidence, remedy }];
  }
  const { provider, ref } = choice.model;
  const answer = await ask(provider, choice.apiKey);
  const at = `${ref} at ${answer.host}`;
  if (answer.why !== undefined) {
    const remedy = `Check models.providers.${provider.name}.baseUrl, and that the server runs.`;
    return [{ ...finding, severity: "error", evidence: `${at} does not answer (${answer.why})`, remedy }];
  }
  if (answer.status === 401 || answer.status === 403) {
    const remedy = `Check models.providers.${provider.name}.apiKey.`;
    return [{ ...finding, severity: "error", evidence: `${at} refuses the key (HTTP ${answer.status})`, remedy }];
  }
  if (answer.status >= 500) {
    const remedy = "Look at that server, or wait.";
    return [{ ...finding, severity: "warning", evidence: `${at} is not well (HTTP ${answer.status})`, remedy }];
  }
  return [{ ...finding, severity: "ok", evidence: `${at} answers (HTTP ${answer.status})` }];
}

type Answer =
  | { readonly host: string; readonly status: number; readonly why?: undefined }
  | { readonly host: string; readonly why: string };

/** Asks for the list of models, which costs nothing. */
async function ask(provider: ProviderConfig, apiKey: string | undefined): Promise<Answer> {
  const isAnthropic = provider.api === "anthropic-messages";
  const usual = isAnthropic ? "https://api.anthropic.com/v1" : "https://api.openai.com/v1";
  const base = (provider.baseUrl ?? usual).replace(/\/+$/, "");
  const host = hostOf(base);
  const versioned = isAnthropic && !/\/v\d+$/.test(base) ? `${base}/v1` : base;
  const key: Readonly<Record<string, string>> =
    apiKey === undefined
      ? {}
      : isAnthropic
        ? { "x-api-key": apiKey, "anthropic-version": "2023-06-01" }
        : { authorization: `Bearer ${apiKey}` };
  try {
    const response = await fetch(`${versioned}/models`, {
      headers: { ...provider.headers, ...key },
      // The key is for this host; it must not follow a redirect to another.
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    return { host, status: response.status };
  } catch (error) {
    return { host, why: whyOf(error) };
  }
}

function whyOf(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") return `no answer within ${TIMEOUT_MS} ms`;
  const cause = error instanceof Error ? error.cause : undefined;
  return errnoOf(cause) ?? errnoOf(error) ?? reasonOf(cause ?? error);
}

/** Without user, password and query, which may be secrets. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "an address that is none";
}
