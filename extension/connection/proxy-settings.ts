import { asString, asStrings } from "../../protocol/gateway/json.ts";
import type { ProxyRules } from "../../remote/net/proxy-rules.ts";

/** VS Code's `http.*` as a person wrote them; `undefined` is "not set". */
export interface HttpSettings {
  readonly proxy: unknown;
  readonly noProxy: unknown;
  readonly proxySupport: unknown;
  readonly proxyStrictSSL: unknown;
  readonly proxyAuthorization: unknown;
}

/**
 * VS Code's order: `off` means none, the settings go before the environment, and `http.noProxy` in place of `NO_PROXY`.
 * @param onSecret hears what must not stand in a log
 */
export function proxyRules(
  settings: HttpSettings,
  environment: ProxyRules,
  onSecret: (value: string) => void,
): ProxyRules {
  if (settings.proxySupport === "off") return { url: undefined, noProxy: [], strictTls: true };
  const url = nonEmpty(settings.proxy) ?? environment.url;
  const authorization = nonEmpty(settings.proxyAuthorization);
  const noProxy = asStrings(settings.noProxy);
  // What is shown of the URL never has it; this is for what others may write into an error.
  const password = /\/\/[^/@:]*:([^@]*)@/.exec(url ?? "")?.[1] ?? "";
  for (const secret of [password, authorization ?? ""]) if (secret !== "") onSecret(secret);
  return {
    url,
    noProxy: noProxy.length > 0 ? noProxy : environment.noProxy,
    strictTls: settings.proxyStrictSSL !== false,
    authorization,
  };
}

function nonEmpty(value: unknown): string | undefined {
  const text = asString(value)?.trim();
  return text === "" ? undefined : text;
}
