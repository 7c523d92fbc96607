import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import { type ConfigEnvironment, openClawConfigPath, openClawStateDir } from "../config/openclaw-config.ts";
import { readText } from "../files/read-text.ts";
import { isAlive } from "../process/is-alive.ts";
import { parseDotenv } from "./dotenv.ts";
import { type GatewayAuth, readGatewayAuth } from "./gateway-auth.ts";
import { onboardingError } from "./onboarding-error.ts";
import { type OpenClawRun, type OpenClawSetup, readLock } from "./openclaw-setup.ts";

/** A set-up whose config is there. */
export type SetupHere = OpenClawSetup & { readonly configPath: string };

const MAX_BYTES = 1024 * 1024;

/** Every OpenClaw of this person whose process lives on this computer, the account's own first. Never rejects. */
async function openClawRunsHere(environment: ConfigEnvironment): Promise<readonly OpenClawRun[]> {
  const own = openClawStateDir(environment);
  const beside = (await namesIn(environment.home)).filter((name) => name.startsWith(".openclaw-"));
  const directories = [own, ...beside.map((name) => join(environment.home, name))];
  const runs = await Promise.all(directories.map((directory) => runsIn(directory, own)));
  return runs.flat();
}

/** Whose config tells what the Gateway on a port of this computer lets people in with; undefined where there is none. */
export async function openClawSetupHere(environment: ConfigEnvironment, port: number): Promise<SetupHere | undefined> {
  const run = (await openClawRunsHere(environment)).find((each) => each.port === port);
  if (run !== undefined) return run;
  const configPath = openClawConfigPath(environment);
  const setup = { stateDir: openClawStateDir(environment), configPath };
  return access(configPath).then(
    () => setup,
    () => undefined,
  );
}

/** Where the account's own OpenClaw was started here; undefined while it does not run. */
export async function openClawPortHere(environment: ConfigEnvironment): Promise<number | undefined> {
  return (await openClawRunsHere(environment)).find(({ profile }) => profile === undefined)?.port;
}

/**
 * Reads what a Gateway of this computer lets people in with.
 * @param host this computer, in the person's words
 * @throws ConnectError as `readGatewayAuth`
 */
export async function readAuthHere(
  { stateDir, configPath }: SetupHere,
  { env, home }: ConfigEnvironment,
  host: string,
): Promise<GatewayAuth> {
  const text = await readText(configPath, MAX_BYTES).catch((error: unknown) => {
    const facts = [{ label: "savedIn", value: configPath }] as const;
    throw onboardingError("REMOTE_CONFIG_UNREADABLE", host, `${configPath}: ${messageOf(error)}`, { facts });
  });
  const dotenvs = [join(stateDir, ".env"), join(home, ".config/openclaw/gateway.env")].map(async (path) =>
    parseDotenv(await readText(path, MAX_BYTES).catch(() => "")),
  );
  const ofProcess = new Map(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  return readGatewayAuth({ host, path: configPath, text, env: [ofProcess, ...(await Promise.all(dotenvs))] });
}

async function runsIn(stateDir: string, own: string): Promise<readonly OpenClawRun[]> {
  const tmp = join(stateDir, "tmp");
  const owners = (await namesIn(tmp)).filter((name) => name.startsWith("openclaw"));
  const locks = owners.map(async (name) => {
    const text = await readText(join(tmp, name, "gateway.state.lock"), MAX_BYTES).catch(() => "");
    const pid = Number(/"pid":\s*(\d+)/.exec(text)?.[1] ?? 0);
    return isAlive(pid) ? (readLock(text, own) ?? []) : [];
  });
  return (await Promise.all(locks)).flat();
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const namesIn = (directory: string): Promise<readonly string[]> => readdir(directory).catch(() => []);
