/** A computer whose sidecar the commands act on: a host over SSH, or this one. */
export interface SidecarPlace {
  /** `alice@home`, or this computer. */
  readonly name: string;
  /** Puts this extension's own sidecar there, after asking, and has it run. `undefined`: the person did not want it. */
  install(signal: AbortSignal): Promise<SidecarRun | undefined>;
  /** Starts what is there; puts it there first, after asking, when it is not. */
  start(signal: AbortSignal): Promise<SidecarRun | undefined>;
  /** After it has finished its answers. False: none ran. */
  stop(signal: AbortSignal): Promise<boolean>;
  /** Brings it to this extension's own sidecar and starts that. */
  update(signal: AbortSignal): Promise<SidecarRun | undefined>;
  /** Takes it away after asking; resolves with what is still there. `undefined`: there is nothing to take away here. */
  readonly uninstall: ((signal: AbortSignal) => Promise<readonly string[]>) | undefined;
  /** The end of its log as it was written; `undefined` when there is none. */
  log(signal: AbortSignal): Promise<string | undefined>;
}

export interface SidecarRun {
  readonly version: string;
  /** On the loopback of that computer. */
  readonly port: number;
  readonly alreadyRunning: boolean;
}
