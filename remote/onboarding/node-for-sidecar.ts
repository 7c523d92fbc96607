import { type NodeCandidate, chooseNode } from "./node-candidates.ts";
import { onboardingError } from "./onboarding-error.ts";
import type { HostProbe } from "./probe-host.ts";

/** Needs no root and no package manager; for hosts where nothing better is known. */
const INSTALL_WITH_FNM = "curl -fsSL https://fnm.vercel.app/install | bash && ~/.local/share/fnm/fnm install 24";

/**
 * The Node of a host that is to run the sidecar.
 * @throws ConnectError NODE_NOT_FOUND, with what was found and a command that installs one
 */
export function nodeForSidecar(probe: HostProbe): NodeCandidate {
  const node = chooseNode(probe.nodes);
  if (node !== undefined) return node;
  const found = probe.nodes.map(({ version, source }) => `${version} (${source})`).join(", ");
  const why =
    found === ""
      ? "no Node was found in PATH, nvm, fnm, volta, asdf, Homebrew or a VS Code Server"
      : `the Node it has cannot run the sidecar: ${found}; it needs 22.22.3, 24.15 or newer, with a repaired SQLite`;
  const command = probe.os === "Darwin" ? "brew install node" : INSTALL_WITH_FNM;
  throw onboardingError("NODE_NOT_FOUND", probe.host, why, { facts: [{ label: "command", value: command }] });
}
