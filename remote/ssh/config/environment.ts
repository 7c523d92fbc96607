import { homedir, hostname, userInfo } from "node:os";
import { join } from "node:path";

/** The outside that ssh_config depends on, in one value so that tests can give another. */
export interface SshEnvironment {
  /** Absolute. */
  readonly home: string;
  readonly localUser: string;
  /** As `gethostname` gives it. */
  readonly localHost: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Read in this order; the first value of a keyword wins. */
  readonly configFiles: readonly ConfigFile[];
}

export interface ConfigFile {
  readonly path: string;
  /** Says where a relative Include starts: `~/.ssh` or `/etc/ssh`. */
  readonly includeFrom: string;
}

/** The environment of this process: `~/.ssh/config`, then the system's file. */
export function systemSshEnvironment(): SshEnvironment {
  const home = homedir();
  const userDir = join(home, ".ssh");
  const systemDir =
    process.platform === "win32" ? join(process.env["ProgramData"] ?? "C:\\ProgramData", "ssh") : "/etc/ssh";
  return {
    home,
    localUser: userInfo().username,
    localHost: hostname(),
    env: process.env,
    platform: process.platform,
    configFiles: [
      { path: join(userDir, "config"), includeFrom: userDir },
      { path: join(systemDir, "ssh_config"), includeFrom: systemDir },
    ],
  };
}
