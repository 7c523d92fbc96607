/** A part of the JSON Schema of the config, with what a person reads about it. */
export interface ConfigNode {
  readonly type: "object" | "string" | "integer" | "boolean" | "array";
  readonly title: string;
  readonly description: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  /** A secret: never shown. */
  readonly sensitive?: true;
  /** Changes wait for a restart; without it they hold at once. */
  readonly restart?: true;
  readonly properties?: Readonly<Record<string, ConfigNode>>;
  /** Of an object whose keys are names that a person chooses. */
  readonly values?: ConfigNode;
  /** Of a list. */
  readonly items?: ConfigNode;
}

type Extra = Omit<Partial<ConfigNode>, "type" | "title" | "description">;
const node =
  (type: ConfigNode["type"]) =>
  (title: string, description: string, extra: Extra = {}): ConfigNode => ({ type, title, description, ...extra });
const text = node("string");
const whole = node("integer");
const flag = node("boolean");
const list = node("array");
const group = node("object");

const name = text("Name", "");

const auth = group("Gateway Auth", "Who is let in.", {
  properties: {
    mode: text("Mode", 'What lets clients in. "none" only on loopback.', {
      enum: ["token", "password", "trusted-proxy", "none"],
      restart: true,
    }),
    token: text("Token", 'The shared secret of mode "token".', { sensitive: true }),
    password: text("Password", 'The shared secret of mode "password".', { sensitive: true }),
    allowTailscale: flag("Believe Tailscale", "Lets people in whom Tailscale Serve vouches for."),
    identityScopes: group("Scopes by Person", "Scopes that a verified person has besides those of the device.", {
      values: list("Scopes", "", { items: name }),
    }),
    rateLimit: group("Rate Limit", "How many wrong credentials lock an address out, and for how long.", {
      properties: {
        maxAttempts: whole("Attempts", "Wrong credentials until the lock-out.", { minimum: 1, maximum: 10_000 }),
        windowMs: whole("Window", "Milliseconds in which they count.", { minimum: 1 }),
        lockoutMs: whole("Lock-out", "Milliseconds that it lasts.", { minimum: 1 }),
        exemptLoopback: flag("Exempt Loopback", "Programs of this computer are never locked out."),
      },
    }),
    trustedProxy: group("Trusted Proxy", "What a reverse proxy says about who comes through it.", {
      properties: {
        userHeader: text("User Header", "The header that names the user."),
        requiredHeaders: list("Required Headers", "Headers that must be there.", { items: name }),
        allowUsers: list("Users", "Who may come in; everyone when it is empty.", { items: name }),
        allowLoopback: flag("Allow Loopback", "Believes a proxy on this computer."),
      },
    }),
  },
});

const gateway = group("Gateway", "Where the Gateway listens and who is let in.", {
  properties: {
    port: whole("Port", "TCP port.", { minimum: 1, maximum: 65_535, restart: true }),
    bind: text("Bind", "Which addresses it listens on.", {
      enum: ["loopback", "lan", "tailnet", "custom", "auto"],
      restart: true,
    }),
    customBindHost: text("Custom Address", 'The IPv4 address of bind "custom".', { restart: true }),
    publicOrigin: text("Public Origin", "The address by which browsers reach it."),
    auth,
    controlUi: group("Control UI", "Pages that may connect.", {
      properties: { allowedOrigins: list("Allowed Origins", "Origins besides the Gateway's own.", { items: name }) },
    }),
    trustedProxies: list("Trusted Proxies", "Addresses and ranges whose forwarding headers are believed.", {
      items: name,
    }),
    allowRealIpFallback: flag("Believe X-Real-IP", "When a trusted proxy sends no X-Forwarded-For."),
    tailscale: group("Tailscale", "Serve the Gateway on the tailnet.", {
      properties: { mode: text("Mode", "", { enum: ["off", "serve", "funnel"], restart: true }) },
    }),
    tls: group("TLS", "Encrypts connections.", {
      restart: true,
      properties: {
        enabled: flag("Enabled", "", { restart: true }),
        autoGenerate: flag("Generate", "Makes a certificate when none is named.", { restart: true }),
        certPath: text("Certificate", "Path of a PEM file.", { restart: true }),
        keyPath: text("Key", "Path of a PEM file.", { restart: true }),
        caPath: text("CA", "Path of a PEM file.", { restart: true }),
      },
    }),
    reload: group("Reload", "What happens when this file is saved.", {
      properties: { mode: text("Mode", '"off" waits for a restart.', { enum: ["off", "hybrid"] }) },
    }),
    nodes: group("Nodes", "What nodes may be asked to do.", {
      properties: {
        commands: group("Commands", "Exact names of node commands.", {
          properties: {
            allow: list("Allow", "Besides those that are allowed anyway.", { items: name }),
            deny: list("Deny", "Wins over everything.", { items: name }),
          },
        }),
      },
    }),
  },
});

const model = group("Model", "", {
  properties: {
    id: text("Id", "How the provider calls it."),
    name: text("Name", "How a person calls it."),
    contextWindow: whole("Context Window", "Tokens.", { minimum: 1 }),
    maxTokens: whole("Longest Answer", "Tokens.", { minimum: 1 }),
    reasoning: flag("Reasoning", "It thinks before it answers."),
  },
});

const models = group("Models", "Who answers.", {
  properties: {
    providers: group("Providers", "Endpoints by name.", {
      values: group("Provider", "One endpoint.", {
        properties: {
          baseUrl: text("Base URL", "Of its API."),
          apiKey: text("API Key", "Better as ${NAME_OF_AN_ENVIRONMENT_VARIABLE}.", { sensitive: true }),
          api: text("API", "How it is spoken to.", { enum: ["openai-completions", "anthropic-messages"] }),
          headers: group("Headers", "Sent with every request.", { values: text("Header", "", { sensitive: true }) }),
          models: list("Models", "What it offers.", { items: model }),
        },
      }),
    }),
  },
});

const agents = group("Agents", "How questions are answered.", {
  properties: {
    defaults: group("Defaults", "", {
      properties: {
        model: group("Model", "", { properties: { primary: text("Primary Model", "provider/model") } }),
        systemPrompt: text("System Prompt", "What the model is told about itself."),
      },
    }),
  },
});

/** All that the sidecar reads of `openclaw.json`; the rest of the file is left alone. */
export const CONFIG_SCHEMA: ConfigNode = group("OpenClaw", "The part of openclaw.json that the sidecar reads.", {
  properties: { gateway, models, agents },
});
