import * as vscode from "vscode";
import { asArray, asString } from "../../protocol/gateway/json.ts";
import type { ProxySettings } from "../../remote/net/proxy-choice.ts";

/** What the person has set about proxies in VS Code's own settings, and the environment. A workspace has no say. */
export function proxySettings(env: ProxySettings["env"]): ProxySettings {
  const http = vscode.workspace.getConfiguration("http");
  const own = (name: string): unknown => http.inspect<unknown>(name)?.globalValue;
  if (own("proxySupport") === "off") return { env: {} };
  const noProxy = asArray(own("noProxy")).flatMap((entry) => asString(entry) ?? []);
  return {
    env,
    proxy: asString(own("proxy")),
    noProxy: noProxy.length === 0 ? undefined : noProxy,
    strict: own("proxyStrictSSL") !== false,
    authorization: asString(own("proxyAuthorization")),
  };
}
