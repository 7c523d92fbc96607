import * as vscode from "vscode";
import { type ProxyRules, environmentProxy } from "../../remote/net/proxy-rules.ts";
import { type HttpSettings, proxyRules } from "../connection/proxy-settings.ts";

/** What `http.*` says in the user's own settings, whatever a workspace says, and else the environment. */
export function proxyOfVsCode(onSecret: (value: string) => void): ProxyRules {
  const section = vscode.workspace.getConfiguration("http");
  const user = (name: keyof HttpSettings): unknown => section.inspect<unknown>(name)?.globalValue;
  const settings = {
    proxy: user("proxy"),
    noProxy: user("noProxy"),
    proxySupport: user("proxySupport"),
    proxyStrictSSL: user("proxyStrictSSL"),
    proxyAuthorization: user("proxyAuthorization"),
  };
  return proxyRules(settings, environmentProxy(process.env), onSecret);
}
