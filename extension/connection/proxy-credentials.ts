import { asObject, asString } from "../../protocol/gateway/json.ts";
import type { Translate } from "../../protocol/l10n/translate.ts";
import type { ProxyCredentials } from "../../remote/net/dial-proxy.ts";
import { type BasicCredential, basicAuthorization } from "../../remote/net/proxy-rules.ts";
import type { SecretStore } from "../platform/ports.ts";
import { BACK, type Prompts } from "../ui/prompts.ts";

const KEY = "openclaw.proxy:";

export interface ProxyCredentialPorts {
  readonly secrets: SecretStore;
  readonly prompts: Pick<Prompts, "input">;
  readonly t: Translate;
  /** Hears every secret that is read or typed, so that the log can take it out. */
  readonly onSecret: (value: string) => void;
}

/** The sign-in of each proxy in VS Code's secret storage, under the proxy's own address. */
export function proxyCredentials({ secrets, prompts, t, onSecret }: ProxyCredentialPorts): ProxyCredentials {
  const known = (credential: BasicCredential): BasicCredential => {
    const header = basicAuthorization(credential)?.replace(/^Basic /, "");
    for (const secret of [credential.password, header ?? ""]) if (secret !== "") onSecret(secret);
    return credential;
  };
  return {
    async load(origin) {
      const value = parsed(await secrets.get(KEY + origin));
      const [user, password] = [asString(value["user"]), asString(value["password"])];
      return user === undefined || password === undefined ? undefined : known({ user, password });
    },
    async ask({ origin, realm, isAgain }, signal) {
      const title = t("extension.proxy.title", { origin });
      const again = isAgain ? `${t("extension.proxy.again")} ` : "";
      const says = realm === "" ? "" : `${t("extension.proxy.realm", { realm })} `;
      const validate = (text: string) =>
        text.includes(":") || text.trim() === "" ? t("extension.proxy.badUser") : undefined;
      const user = await prompts.input({ title, prompt: again + says + t("extension.proxy.user"), validate, signal });
      if (user === undefined || user === BACK) return undefined;
      const password = await prompts.input({ title, prompt: t("extension.proxy.password"), secret: true, signal });
      return password === undefined || password === BACK ? undefined : known({ user: user.trim(), password });
    },
    keep: async (origin, credential) => secrets.store(KEY + origin, JSON.stringify(credential)),
    forget: async (origin) => secrets.delete(KEY + origin),
  };
}

function parsed(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    return text === undefined ? {} : asObject(JSON.parse(text));
  } catch {
    return {};
  }
}
