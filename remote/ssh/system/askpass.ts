import { connect } from "node:net";

/**
 * What ssh runs to ask a person (SSH_ASKPASS): a program of its own that hands the question to the process that has started
 * ssh, and prints the answer. It knows nothing but where to ask, and a secret that shows that it was started for it.
 */
const { OPENCLAW_ASKPASS_SOCKET: path = "", OPENCLAW_ASKPASS_SECRET: secret, SSH_ASKPASS_PROMPT: hint } = process.env;
const socket = connect(path);
let answer = "";
process.exitCode = 1;
socket.setEncoding("utf8");
socket.on("error", () => process.exit(1));
socket.on("data", (text: string) => (answer += text));
socket.once("end", () => {
  const given: unknown = answer === "" ? undefined : JSON.parse(answer);
  if (typeof given !== "string") process.exit(1);
  process.stdout.write(`${given}\n`, () => process.exit(0));
});
socket.write(`${JSON.stringify({ secret, prompt: process.argv[2], hint })}\n`);
