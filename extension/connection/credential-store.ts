import { asObject, asString, asStrings } from "../../protocol/gateway/json.ts";
import type { DeviceTokenStore, GatewayCredential } from "../../protocol/client/credentials.ts";
import type { SecretStore } from "../platform/ports.ts";
import { EDGE_HEADERS } from "./edge-headers.ts";
import { type GatewayTarget, targetKey } from "./profile.ts";

const CREDENTIAL = "openclaw.credential:";
const DEVICE_TOKENS = "openclaw.deviceTokens:";

/**
 * Gateway credentials and device tokens in VS Code's secret storage, by target. Windows share the storage: a value is
 * always read at the moment of use and written whole, so that the last writer wins and nobody keeps a stale copy.
 */
export class CredentialStore {
  readonly #secrets: SecretStore;
  readonly #onSecret: (value: string) => void;

  /** @param onSecret hears every secret that is read or written, so that the log can take it out */
  constructor(secrets: SecretStore, onSecret: (value: string) => void) {
    this.#secrets = secrets;
    this.#onSecret = onSecret;
  }

  async load(target: GatewayTarget): Promise<GatewayCredential | undefined> {
    const value = await this.#read(CREDENTIAL + targetKey(target));
    const token = asString(value["token"]);
    const password = asString(value["password"]);
    if (token !== undefined) this.#onSecret(token);
    if (password !== undefined) this.#onSecret(password);
    if (token === undefined && password === undefined) return undefined;
    return { ...(token === undefined ? {} : { token }), ...(password === undefined ? {} : { password }) };
  }

  async save(target: GatewayTarget, credential: GatewayCredential): Promise<void> {
    for (const secret of [credential.token, credential.password]) if (secret !== undefined) this.#onSecret(secret);
    await this.#secrets.store(CREDENTIAL + targetKey(target), JSON.stringify(credential));
  }

  /**
   * Device tokens that this Gateway gave us. One that was refused is cleared, but never one that another window has been
   * given since it was read here.
   */
  deviceTokens(target: GatewayTarget): DeviceTokenStore {
    const key = DEVICE_TOKENS + targetKey(target);
    const offered = new Map<string, string>();
    const field = ({ deviceId, role }: { deviceId: string; role: string }) => `${deviceId}/${role}`;
    return {
      load: async (id) => {
        const entry = asObject((await this.#read(key))[field(id)]);
        const token = asString(entry["token"]);
        if (token === undefined) return null;
        this.#onSecret(token);
        offered.set(field(id), token);
        return { token, scopes: [...asStrings(entry["scopes"])] };
      },
      store: async (id, value) => {
        this.#onSecret(value.token);
        await this.#secrets.store(key, JSON.stringify({ ...(await this.#read(key)), [field(id)]: value }));
      },
      clear: async (id) => {
        const { [field(id)]: gone, ...rest } = await this.#read(key);
        const token = asString(asObject(gone)["token"]);
        if (token !== (offered.get(field(id)) ?? token)) return;
        await this.#secrets.store(key, JSON.stringify(rest));
      },
    };
  }

  /** Removes every secret that belongs to this target. */
  async forget(target: GatewayTarget): Promise<void> {
    await this.#secrets.delete(CREDENTIAL + targetKey(target));
    await this.#secrets.delete(DEVICE_TOKENS + targetKey(target));
    await this.#secrets.delete(EDGE_HEADERS + targetKey(target));
  }

  async #read(key: string): Promise<Readonly<Record<string, unknown>>> {
    const text = await this.#secrets.get(key);
    if (text === undefined) return {};
    try {
      return asObject(JSON.parse(text));
    } catch {
      return {};
    }
  }
}
