import { expect, it } from "vitest";
import { parseSshTarget } from "../../../remote/target/ssh-target.ts";
import { sshForwardLine } from "../../../remote/tunnel/ssh-line.ts";

it.each([
  ["home", "ssh -N -L 127.0.0.1:18789:127.0.0.1:19000 -- home"],
  ["alice@home:2222", "ssh -N -L 127.0.0.1:18789:127.0.0.1:19000 -p 2222 -- alice@home"],
  ["ssh://bob@[fe80::1]:22/", "ssh -N -L 127.0.0.1:18789:127.0.0.1:19000 -p 22 -- bob@fe80::1"],
])("gives for %s a line that a terminal understands", (target, line) => {
  expect(sshForwardLine(parseSshTarget(target), { localPort: 18_789, gatewayPort: 19_000 })).toBe(line);
});
