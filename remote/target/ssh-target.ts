import { ConnectError } from "../../protocol/errors/connect-error.ts";
import { bracketed, parseHost, parsePort } from "./host.ts";
import { printable } from "./printable.ts";

/** Where a person wants to go by SSH. What is undefined is left to ssh_config and its defaults. */
export interface SshTarget {
  readonly user: string | undefined;
  /** A host name, an IP address, or an alias of ssh_config. */
  readonly host: string;
  readonly port: number | undefined;
}

const MAX_TARGET = 512;
/** `@` is inside for directory users (`alice@example.com@host`); nothing that a shell or ssh would take for an option. */
const USER = /^[A-Za-z0-9_][A-Za-z0-9_.+@-]{0,127}$/;

/**
 * Reads `[user@]host[:port]` or `ssh://[user@]host[:port][/]`, IPv6 in brackets (or bare, without a port).
 * @throws ConnectError TARGET_INVALID, with the offending part made printable
 */
export function parseSshTarget(text: string): SshTarget {
  const refuse = (fault: string): never => {
    const shown = printable(text);
    throw new ConnectError("TARGET_INVALID", `“${shown}” is not an SSH target: ${fault}.`, {
      step: "resolve",
      facts: [
        { label: "host", value: shown },
        { label: "detail", value: fault },
      ],
    });
  };

  const trimmed = text.trim();
  if (trimmed === "") return refuse("it is empty");
  if (trimmed.length > MAX_TARGET) return refuse(`it is longer than ${MAX_TARGET} characters`);
  if (trimmed.startsWith("-")) return refuse("it cannot start with “-”");
  if (/^ssh\s/.test(trimmed)) return refuse("it is a whole command; write only user@host or user@host:port");
  if (/[\s\p{Cc}\p{Cf}]/u.test(trimmed)) return refuse("it has a space or an invisible character");

  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(trimmed);
  if (scheme !== null && scheme[1]?.toLowerCase() !== "ssh") return refuse("only ssh:// is an SSH address");
  let rest = trimmed.slice(scheme?.[0].length ?? 0);
  if (scheme !== null && rest.endsWith("/")) rest = rest.slice(0, -1);
  if (/[/?#]/.test(rest)) return refuse("it has a path, a query or a fragment");

  const at = rest.lastIndexOf("@");
  const user = at < 0 ? undefined : rest.slice(0, at);
  if (user !== undefined && user.includes(":")) return refuse("it has a password; leave it out, you will be asked");
  if (user !== undefined && !USER.test(user)) return refuse("the user name has a character that is not allowed");

  const { hostText, portText } = splitPort(rest.slice(at + 1));
  const host = parseHost(hostText);
  if ("fault" in host) return refuse(host.fault);
  const port = portText === undefined ? undefined : parsePort(portText);
  if (portText !== undefined && port === undefined) return refuse("the port is not a number from 1 to 65535");
  return { user, host: host.text, port };
}

/** Splits `host:port`, `[v6]:port`, `[v6]` and a bare IPv6 address. */
function splitPort(text: string): { hostText: string; portText: string | undefined } {
  const bracket = /^\[([^\]]*)\](?::(.*))?$/s.exec(text);
  if (bracket !== null) {
    const inner = bracket[1] ?? "";
    // Brackets are for IPv6 alone; a name in them is made to fail.
    return { hostText: inner.includes(":") ? inner : `[${inner}]`, portText: bracket[2] };
  }
  const colon = text.indexOf(":");
  if (colon < 0 || text.indexOf(":", colon + 1) >= 0) return { hostText: text, portText: undefined };
  return { hostText: text.slice(0, colon), portText: text.slice(colon + 1) };
}

/** The shortest text that `parseSshTarget` reads back to the same target. */
export function formatSshTarget(target: SshTarget): string {
  const user = target.user === undefined ? "" : `${target.user}@`;
  return target.port === undefined ? user + bracketed(target.host) : `${user}${bracketed(target.host)}:${target.port}`;
}
