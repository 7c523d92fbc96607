import { isRecord } from "../../json.ts";

/** Every key that the sidecar or OpenClaw reads in the objects that both know. `*` stands for any name, `[]` for a list. */
const KNOWN: Readonly<Record<string, string>> = {
  "": "$schema meta env wizard diagnostics logging update telemetry browser ui secrets auth accessGroups acp models nodeHost agents tools security bindings broadcast attachments messages tts commands approvals session cron transcripts hooks channels discovery talk gateway cloudWorkers desktop memory mcp skills plugins surfaces proxy worktreeRoot worktreeAcceleration",
  gateway:
    "port mode bind customBindHost publicOrigin portals controlUi cliAgents terminal auth roles trustedProxies allowRealIpFallback tools tailscale remote reload tls http push nodes",
  "gateway.auth": "mode token password allowTailscale identityScopes rateLimit trustedProxy",
  "gateway.auth.rateLimit": "maxAttempts windowMs lockoutMs exemptLoopback",
  "gateway.tls": "enabled autoGenerate certPath keyPath caPath",
  models: "mode providers catalogRefresh",
  "models.providers.*":
    "baseUrl apiKey auth api maxTokens timeoutSeconds region injectNumCtxForOpenAICompat params agentRuntime localService headers authHeader request models",
  "models.providers.*.models[]":
    "id name api baseUrl reasoning input cost contextWindow contextTokens maxTokens thinkingLevelMap params agentRuntime headers compat mediaInput metadataSource",
  agents: "defaults list entries",
};
/** The keys of `""` that the sidecar itself looks at. */
const READ = new Set(["gateway", "models", "agents"]);
/** What could not be a mistyped key, however near: a word of at most this length has too many neighbours. */
const SHORTEST = 3;

export interface KeyReport {
  /** A key that nobody knows, by its path, and what it most likely means. */
  readonly unknown: readonly { readonly path: string; readonly meant: string | undefined }[];
  /** Keys of the root that OpenClaw reads and the sidecar does not. */
  readonly ignored: readonly string[];
}

/** Looks for keys that have no effect. @param nearest finds the known word that a mistyped one meant */
export function reportKeys(
  raw: unknown,
  nearest: (word: string, known: Iterable<string>) => string | undefined,
): KeyReport {
  const unknown: { path: string; meant: string | undefined }[] = [];
  const visit = (value: unknown, path: string, pattern: string): void => {
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) visit(item, `${path}[${index}]`, `${pattern}[]`);
      return;
    }
    if (!isRecord(value)) return;
    const known = KNOWN[pattern]?.split(" ");
    for (const [key, child] of Object.entries(value)) {
      const at = path === "" ? key : `${path}.${key}`;
      if (known !== undefined && !known.includes(key)) {
        unknown.push({ path: at, meant: key.length > SHORTEST ? nearest(key, known) : undefined });
      } else visit(child, at, patternOf(pattern, key));
    }
  };
  visit(raw, "", "");
  const root = isRecord(raw) ? Object.keys(raw) : [];
  const ignored = root.filter((key) => KNOWN[""]?.split(" ").includes(key) === true && !READ.has(key));
  return { unknown, ignored };
}

function patternOf(parent: string, key: string): string {
  if (parent === "models.providers") return "models.providers.*";
  return parent === "" ? key : `${parent}.${key}`;
}
