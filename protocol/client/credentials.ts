/** What proves to a Gateway that we may come in. At most one of token and password is used by a Gateway. */
export interface GatewayCredential {
  readonly token?: string;
  readonly password?: string;
}

/** The Ed25519 identity of this installation; the private key never leaves its implementation. */
export interface DeviceIdentity {
  /** Lower-case hex SHA-256 of the raw public key. */
  readonly deviceId: string;
  /** Raw 32 bytes, base64url. */
  readonly publicKey: string;
  /** Signs UTF-8 text; base64url. */
  sign(payload: string): Promise<string>;
}

/** Device tokens that a Gateway gave us, by Gateway, device and role. */
export interface DeviceTokenStore {
  load(key: { deviceId: string; role: string }): Promise<{ token: string; scopes: string[] } | null>;
  store(key: { deviceId: string; role: string }, value: { token: string; scopes: string[] }): Promise<void>;
  clear(key: { deviceId: string; role: string }): Promise<void>;
}
