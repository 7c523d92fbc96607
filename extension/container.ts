import { homedir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import { asObject, asString } from "../protocol/gateway/json.ts";
import { toLocale } from "../protocol/l10n/locale.ts";
import { translator } from "../protocol/l10n/translate.ts";
import { type Disposable, DisposableStore } from "../protocol/util/disposable.ts";
import { loadDeviceIdentity } from "../remote/identity/device-identity.ts";
import { listTailnetPeers } from "../remote/discovery/tailnet-peers.ts";
import { systemSshEnvironment } from "../remote/ssh/config/environment.ts";
import { SystemSshMemory, readSshClientChoice } from "../remote/ssh/system/system-ssh.ts";
import { ChatHost } from "./chat/chat-host.ts";
import { GatewayCatalog } from "./chat/gateway-catalog.ts";
import { OutboxStore } from "./chat/outbox-store.ts";
import { panelActions } from "./chat/panel-actions.ts";
import { SessionActions } from "./chat/session-actions.ts";
import { SessionList } from "./chat/session-list.ts";
import { ThreadPool } from "./chat/thread-pool.ts";
import { type ConnectPorts, connectTo, disconnect, resumeConnection, retryConnection } from "./commands/connect.ts";
import { copyFailureDetails } from "./commands/copy-details.ts";
import { runDoctor } from "./commands/doctor.ts";
import { type ErrorActionPorts, askCredential, enterCredential, errorActions } from "./commands/error-actions.ts";
import { callAndShow, gatewayCall } from "./commands/gateway-call.ts";
import { gatewaysOnHost } from "./commands/gateways-on-host.ts";
import { manageGateways } from "./commands/manage-gateways.ts";
import { showMenu } from "./commands/menu.ts";
import { CommandRegistry } from "./commands/registry.ts";
import { type WayPorts, addWay, manageWays } from "./commands/ways.ts";
import { CredentialStore } from "./connection/credential-store.ts";
import { secretDeviceKey } from "./connection/device-key.ts";
import { edgeHeadersOf, enterEdgeHeaders } from "./connection/edge-headers.ts";
import { GatewayLink } from "./connection/gateway-link.ts";
import { probeLoopback } from "./connection/transports.ts";
import { sidecarStateDir } from "./connection/local-sidecar.ts";
import { type RoadPorts, openRoad, openRoads, openWay } from "./connection/open-road.ts";
import { type GatewayProfile, targetLabel } from "./connection/profile.ts";
import { ProfileStore } from "./connection/profile-store.ts";
import { ProofStore } from "./connection/roads/proof-store.ts";
import { proxyCredentials } from "./connection/proxy-credentials.ts";
import { SidecarHosts } from "./connection/sidecar-hosts.ts";
import { hostCommands } from "./host-commands.ts";
import { hostQuestions } from "./onboarding/host-questions.ts";
import { placesToConnect } from "./places.ts";
import { keepContextKeys } from "./platform/context-keys.ts";
import { documents, editor } from "./platform/editor.ts";
import { editorContext } from "./platform/editor-context.ts";
import { openLogChannel } from "./platform/log.ts";
import { proxyOfVsCode } from "./platform/proxy.ts";
import { remoteWindow } from "./platform/remote-window.ts";
import { userSetting } from "./platform/settings.ts";
import { localPlace } from "./sidecar-life/local-place.ts";
import { keepStatusItem } from "./status-bar/status-item.ts";
import { openLocalPort } from "./tunnel/local-port.ts";
import { Tunnel } from "./tunnel/tunnel.ts";
import { presentError } from "./ui/present-error.ts";
import { cancellableProgress, viewProgress } from "./ui/progress.ts";
import { sshPrompts } from "./ui/ssh-prompts.ts";
import { vscodePrompts as prompts } from "./ui/vscode-prompts.ts";

export interface Container extends Disposable {
  readonly commands: CommandRegistry;
  readonly chat: ChatHost;
  /** Goes back to the Gateway of before a reload, if the person wants that. */
  resume(): void;
}

/** The only place that makes services. Everything that it makes is disposed in reverse order, the log last. */
export function createContainer(context: vscode.ExtensionContext, statusItem: vscode.StatusBarItem): Container {
  const scope = new DisposableStore();
  const logger = scope.add(openLogChannel());
  const locale = toLocale(vscode.env.language);
  const t = translator(locale);
  const version = asString(asObject(context.extension.packageJSON)["version"]) ?? "?";
  logger.info(`OpenClaw Remote ${version}, VS Code ${vscode.version}, Node ${process.version}, ${process.platform}`);

  const setting = userSetting("gateways");
  const profiles = scope.add(new ProfileStore({ setting, memory: context.globalState, logger }));
  const credentials = new CredentialStore(context.secrets, logger.hide);
  const proofs = new ProofStore(context.globalState);
  const stateDir = sidecarStateDir(process.env);
  const sidecarFile = context.asAbsolutePath("dist/sidecar.mjs");
  const link: GatewayLink = scope.add(
    new GatewayLink({ openRoad: (profile, traveller) => openRoad(profile, roadPorts, traveller), logger }),
  );
  const tunnel = scope.add(new Tunnel(link, openLocalPort));
  const sessions = scope.add(new SessionList(link, logger));
  const catalog = scope.add(new GatewayCatalog(link, logger));
  const outboxRoot = join((context.storageUri ?? context.globalStorageUri).fsPath, "outbox");
  const outboxes = new OutboxStore(
    outboxRoot,
    logger,
    (code) => void prompts.warn(t("extension.outbox.losing", { code })),
  );
  const threads = scope.add(new ThreadPool({ link, outboxes, logger }));
  scope.add(keepStatusItem(statusItem, { link, tunnel }, t));
  scope.add(keepContextKeys(link, profiles));
  scope.add(
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (focused) link.wake();
    }),
  );

  const edgePorts = { secrets: context.secrets, prompts, t, onSecret: logger.hide };
  const sidecarHosts = new SidecarHosts(context.globalState);
  const questions = hostQuestions({ prompts, t, copy: editor.copy });
  const here = { name: t("extension.sidecar.here"), file: sidecarFile, stateDir, env: process.env };
  const sshEnvironment = systemSshEnvironment();
  const tailnet = (signal: AbortSignal) => listTailnetPeers(sshEnvironment, signal);
  const roadPorts: RoadPorts = {
    sshPrompts: sshPrompts({ prompts, t, onSecret: logger.hide, tailnet }),
    sshEnvironment,
    systemSsh: {
      choice: () => readSshClientChoice(userSetting("sshClient").read()),
      askpassFile: context.asAbsolutePath("dist/askpass.js"),
      memory: new SystemSshMemory(),
    },
    proxy: {
      rules: () => proxyOfVsCode(logger.hide),
      credentials: proxyCredentials({ secrets: context.secrets, prompts, t, onSecret: logger.hide }),
    },
    edgeHeaders: (target) => edgeHeadersOf(target, edgePorts),
    sidecarHosts,
    sidecarStateDir: stateDir,
    remoteWindow: remoteWindow(context),
    configEnvironment: { env: process.env, home: homedir() },
    probe: probeLoopback,
    startSidecar: async (signal) => (await localPlace(here).start(signal)).port,
    credentials,
    proofs,
    identity: () => loadDeviceIdentity(secretDeviceKey(context.secrets)),
    client: {
      id: "gateway-client",
      mode: "ui",
      version,
      platform: process.platform,
      displayName: "OpenClaw Remote (VS Code)",
    },
    thisComputer: here.name,
    questions,
    sidecarFile,
    ask: (name, signal, why) => askCredential({ prompts, t }, { name, signal, why }),
    goTo: (profile) => void commands.attempt("another Gateway of the host", () => connect(profile)),
    activity: (what) => t(`extension.activity.${what}`),
    logger,
  };

  const connectPorts: ConnectPorts = {
    link,
    profiles,
    windowMemory: context.workspaceState,
    openChat: () => chat.openView(),
    progress: viewProgress,
    now: Date.now,
  };
  const connect = (profile: GatewayProfile) => connectTo(profile, connectPorts);
  const retry = () => retryConnection(connectPorts);
  const { choose, sshHosts, host } = placesToConnect({ roadPorts, prompts, profiles, link, t });
  const chooseAndConnect = async () => {
    const profile = await choose();
    return profile === undefined ? false : connect(profile);
  };
  const errorPorts: ErrorActionPorts = {
    prompts,
    link,
    credentials,
    edgeHeaders: (target) => enterEdgeHeaders(target, edgePorts),
    t,
    connect,
    retry,
    showLog: logger.show,
    copy: editor.copy,
    openFile: editor.openLocalFile,
    openSettings: editor.openSettings,
    home: homedir(),
  };
  const wayPorts: WayPorts = {
    prompts,
    profiles,
    credentials,
    proofs,
    link,
    connect,
    choose,
    openWay: (target, ask) =>
      openWay({ name: targetLabel(target), target }, { ...roadPorts, ask: (_name, signal) => ask(signal) }),
    askCredential: (name, signal) => askCredential({ prompts, t }, { name, signal }),
    progress: cancellableProgress,
    t,
  };
  const copyDetails = () =>
    copyFailureDetails({ view: link.view, copy: editor.copy, clean: logger.clean, prompts, version, t });
  const callPorts = { link, prompts, documents, progress: cancellableProgress, t };
  /** Runs a command on the connection, after making one if the person wants that. */
  const connected = async (work: () => Promise<unknown>): Promise<unknown> =>
    link.view.state.phase === "connected" || (await offerConnection()) ? work() : undefined;
  const offerConnection = async () => {
    const answer = await prompts.inform(t("extension.connect.first"), [
      { value: "connect", label: t("extension.menu.connect") },
    ]);
    return answer === "connect" && (await chooseAndConnect());
  };

  const commands = new CommandRegistry({
    logger,
    present: (error) => presentError(error, { prompts, t, clean: logger.clean, showLog: logger.show }),
    handlers: {
      connectRemote: chooseAndConnect,
      disconnect: () => disconnect(connectPorts),
      cancelConnect: () => disconnect(connectPorts),
      retry,
      enterCredential: () => enterCredential(errorPorts),
      approveDevice: () => link.view.approval?.approve?.(),
      openChat: () => chat.openView(),
      openChatInEditor: () => chat.openEditor(),
      newChat: () => connected(() => chat.newSession()),
      health: () => connected(() => callAndShow({ method: "health", params: {} }, callPorts)),
      status: () => connected(() => callAndShow({ method: "status", params: {} }, callPorts)),
      gatewayCall: () => connected(() => gatewayCall(callPorts)),
      doctor: () =>
        runDoctor({
          openRoads: (profile) => openRoads(profile, roadPorts),
          profile: link.view.profile,
          choose: () => choose(),
          documents,
          progress: cancellableProgress,
          clean: logger.clean,
          t,
        }),
      manageGateways: () =>
        manageGateways({
          prompts,
          profiles,
          credentials,
          proofs,
          link,
          connect,
          addWay: (profile) => addWay(profile, wayPorts),
          onHost: (profile) => gatewaysOnHost(profile, { prompts, host, progress: cancellableProgress, connect, t }),
          manageWays: (profile) => manageWays(profile, wayPorts),
          edgeHeaders: (target) => enterEdgeHeaders(target, edgePorts),
          disconnect: (gateway) => disconnect(connectPorts, gateway),
          t,
        }),
      ...hostCommands({
        prompts,
        profiles,
        sshHosts,
        link,
        tunnel,
        copy: editor.copy,
        roadPorts,
        here,
        choose,
        connect,
        disconnect: () => disconnect(connectPorts),
        progress: cancellableProgress,
        documents,
        openFile: editor.openLocalFile,
        clean: logger.clean,
        t,
      }),
      showLog: logger.show,
      showMenu: () => showMenu({ prompts, view: () => link.view, run: (id) => commands.run(id), t }),
    },
  });

  const chat = scope.add(
    new ChatHost(context.extensionUri, {
      link,
      sessions,
      sessionActions: new SessionActions({ link, sessions, prompts, t }),
      catalog,
      editorContext,
      threads,
      hasSaved: () => profiles.list().length > 0,
      memory: context.workspaceState,
      actions: panelActions({ commands, errorActions: errorActions(errorPorts), copyDetails, prompts, t }),
      locale,
      t,
      logger,
    }),
  );

  const reconnects = userSetting("reconnectOnStartup");
  return {
    commands,
    chat,
    resume: () => {
      if (reconnects.read() !== false) void commands.attempt("resume", () => resumeConnection(connectPorts));
    },
    dispose: () => scope.dispose(),
  };
}
