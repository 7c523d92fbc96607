import type { GatewayCredential } from "../../protocol/client/credentials.ts";
import type { ErrorAction } from "../../protocol/errors/catalogue.ts";
import type { ConnectError } from "../../protocol/errors/connect-error.ts";
import type { Failure } from "../../protocol/errors/failure.ts";
import type { Translate } from "../../protocol/l10n/translate.ts";
import type { CredentialStore } from "../connection/credential-store.ts";
import type { GatewayLink } from "../connection/gateway-link.ts";
import { type GatewayProfile, type GatewayTarget, targetKey, withTarget } from "../connection/profile.ts";
import { factValues } from "../ui/fact-values.ts";
import { BACK, type Back, type Prompts } from "../ui/prompts.ts";
import { askEdgeNames } from "../connection/edge-headers.ts";
import { askSshTarget, askUrl } from "./choose-gateway.ts";

export interface ErrorActionPorts {
  readonly prompts: Prompts;
  readonly link: Pick<GatewayLink, "view">;
  readonly credentials: Pick<CredentialStore, "save">;
  /** Has the values of its edge headers entered; false when that was left. */
  readonly edgeHeaders: (target: GatewayTarget) => Promise<boolean>;
  readonly t: Translate;
  readonly connect: (profile: GatewayProfile) => Promise<unknown>;
  readonly retry: () => Promise<unknown>;
  readonly showLog: () => void;
  readonly copy: (text: string) => Promise<void>;
  /** Opens a file of this computer at a line (1-based). */
  readonly openFile: (path: string, line: number | undefined) => Promise<void>;
  /** Shows the user settings that fit a search. */
  readonly openSettings: (query: string) => Promise<void>;
  readonly home: string;
}

/** What the buttons of a failure card do; each `ErrorAction` has its one handler. */
export function errorActions(ports: ErrorActionPorts): Readonly<Record<ErrorAction, () => Promise<unknown> | void>> {
  const failure = () => failureOf(ports.link.view.state);
  const fact = (label: string): string | undefined => factValues(failure() ?? { facts: [] })[label];
  return {
    retry: ports.retry,
    "edit-target": () => editTarget(ports),
    "open-known-hosts": () => openSaved(fact("savedIn"), `${ports.home}/.ssh/known_hosts`, ports),
    "open-ssh-config": () => openSaved(fact("savedIn"), `${ports.home}/.ssh/config`, ports),
    "enter-credential": () => enterCredential(ports),
    // The climb itself offers it where none answers.
    "start-sidecar": ports.retry,
    "show-log": ports.showLog,
    "copy-command": async () => {
      const command = fact("command");
      if (command === undefined) return;
      await ports.copy(command);
      await ports.prompts.inform(ports.t("extension.copied.command"));
    },
    "edge-headers": () => enterEdge(failure(), ports),
    "open-proxy-settings": () => ports.openSettings("http.proxy"),
    "repin-certificate": () => repin(failure(), ports),
  };
}

/** Asks for a token or password of the present Gateway, keeps it and tries again. */
export async function enterCredential(ports: ErrorActionPorts): Promise<void> {
  const { profile, target } = ports.link.view;
  if (profile === undefined || target === undefined) return;
  const credential = await askCredential(ports, { name: profile.name });
  if (credential === undefined) return;
  await ports.credentials.save(target, credential);
  await ports.retry();
}

export interface CredentialQuestion {
  /** Of the Gateway. */
  readonly name: string;
  readonly signal?: AbortSignal | undefined;
  /** Why it has to be typed although it could have been read. */
  readonly why?: ConnectError | undefined;
}

/**
 * One prompt for what the Gateway wants. It goes out as token and as password, since a Gateway takes exactly one of them
 * and the person need not know which it is called. `undefined`: cancelled.
 */
export async function askCredential(
  { prompts, t }: Pick<ErrorActionPorts, "prompts" | "t">,
  { name, signal, why }: CredentialQuestion,
): Promise<GatewayCredential | undefined> {
  const reason = why === undefined ? "" : `${t(`error.${why.code}.why`, factValues(why))} `;
  const answer = await prompts.input({
    title: t("extension.credential.title", { name }),
    prompt: reason + t("extension.credential.prompt"),
    secret: true,
    validate: (text) => (text.trim() === "" ? t("extension.credential.empty") : undefined),
    ...(signal === undefined ? {} : { signal }),
  });
  if (answer === undefined || answer === BACK) return undefined;
  const secret = answer.trim();
  return { token: secret, password: secret };
}

async function editTarget(ports: ErrorActionPorts): Promise<void> {
  const { profile, target } = ports.link.view;
  const edited = await askAgain(target, ports);
  if (edited === undefined || edited === BACK) return;
  const isOther = profile !== undefined && target !== undefined && targetKey(target) !== targetKey(profile.target);
  await ports.connect(isOther ? withTarget(profile, target, edited.target) : edited);
}

async function askAgain(
  target: GatewayTarget | undefined,
  ports: ErrorActionPorts,
): Promise<GatewayProfile | Back | undefined> {
  switch (target?.kind) {
    case "ssh":
      return askSshTarget(ports, { canGoBack: false, value: target.destination });
    case "url":
      return askUrl(ports, { canGoBack: false, value: target.url });
    case "window":
    case "local":
    case undefined:
      return undefined;
  }
}

async function openSaved(savedIn: string | undefined, fallback: string, ports: ErrorActionPorts): Promise<void> {
  const place = /^(.*?)(?::(\d+))?$/.exec(savedIn ?? "");
  const path = place?.[1] === undefined || place[1] === "" ? fallback : place[1].replace(/^~(?=[/\\])/, ports.home);
  await ports.openFile(path, place?.[2] === undefined ? undefined : Number(place[2]));
}

/** A certificate is trusted by a person who compared it, never by itself. */
async function repin(failure: Failure | undefined, ports: ErrorActionPorts): Promise<void> {
  const { profile, target } = ports.link.view;
  const { now: fingerprint, known, certificate = "", detail: why } = factValues(failure ?? { facts: [] });
  if (fingerprint === undefined || profile === undefined || target?.kind !== "url") return;
  const answer = await ports.prompts.confirm({
    message: ports.t("extension.repin.message", { name: profile.name }),
    detail: [
      ports.t("extension.repin.detail", { fingerprint, certificate }),
      ...(known === undefined ? [] : [ports.t("extension.repin.before", { fingerprint: known })]),
      ...(why === undefined ? [] : [ports.t("extension.repin.why", { why })]),
    ].join("\n"),
    choices: [{ value: "trust", label: ports.t("extension.repin.trust") }],
  });
  if (answer === "trust") await ports.connect(withTarget(profile, target, { ...target, tlsFingerprint: fingerprint }));
}

/** Where no header is named yet, their names first; the climb asks for the values. */
async function enterEdge(failure: Failure | undefined, ports: ErrorActionPorts): Promise<void> {
  const { profile, target } = ports.link.view;
  if (profile === undefined || target?.kind !== "url") return;
  if (target.edgeHeaders !== undefined) {
    if (await ports.edgeHeaders(target)) await ports.retry();
    return;
  }
  const { detail = "" } = factValues(failure ?? { facts: [] });
  const names = await askEdgeNames(ports, { url: target.url, value: usualEdgeNames(detail) });
  if (names !== undefined) await ports.connect(withTarget(profile, target, { ...target, edgeHeaders: names }));
}

/** What is usual with what the edge has shown to be. */
function usualEdgeNames(detail: string): string {
  if (detail.endsWith("(Cloudflare Access)")) return "CF-Access-Client-Id, CF-Access-Client-Secret";
  return detail.endsWith("(Basic)") ? "Authorization" : "";
}

function failureOf(state: ErrorActionPorts["link"]["view"]["state"]): Failure | undefined {
  return state.phase === "failed" || state.phase === "waiting" ? state.failure : undefined;
}
