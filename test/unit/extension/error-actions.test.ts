import { describe, expect, it, vi } from "vitest";
import { ERRORS } from "../../../protocol/errors/catalogue.ts";
import { ConnectError } from "../../../protocol/errors/connect-error.ts";
import { translator } from "../../../protocol/l10n/translate.ts";
import { copyFailureDetails } from "../../../extension/commands/copy-details.ts";
import { type ErrorActionPorts, enterCredential, errorActions } from "../../../extension/commands/error-actions.ts";
import { redact } from "../../../protocol/util/redact.ts";
import { type Answer, CLOUD, HOME, failedWith, linkView, scriptedPrompts } from "./fakes.ts";

const t = translator("en");

function setUp(error: ConnectError, options: { profile?: typeof HOME; answers?: readonly Answer[] } = {}) {
  const prompts = scriptedPrompts(...(options.answers ?? []));
  const ports = {
    prompts,
    link: { view: linkView(failedWith(error), { profile: options.profile ?? HOME }) },
    credentials: { save: vi.fn(async () => undefined) },
    edgeHeaders: vi.fn(async () => true),
    t,
    connect: vi.fn(async () => undefined),
    retry: vi.fn(async () => undefined),
    showLog: vi.fn(),
    copy: vi.fn(async () => undefined),
    openFile: vi.fn(async () => undefined),
    openSettings: vi.fn(async () => undefined),
    home: "/home/me",
  } satisfies ErrorActionPorts;
  return { ports, actions: errorActions(ports) };
}

describe("a button of a failure card", () => {
  it("exists for every action that the catalogue offers", () => {
    const { actions } = setUp(new ConnectError("LINK_LOST", "x"));
    const offered = new Set(Object.values(ERRORS).flatMap(({ actions: list }) => list as readonly string[]));
    expect([...offered].filter((action) => !(action in actions))).toEqual([]);
  });

  it("opens known_hosts at the line that stands against the key", async () => {
    const facts = [{ label: "savedIn", value: "~/.ssh/known_hosts:14" }] as const;
    const { ports, actions } = setUp(new ConnectError("HOST_KEY_CHANGED", "x", { facts }));
    await actions["open-known-hosts"]();
    expect(ports.openFile).toHaveBeenCalledWith("/home/me/.ssh/known_hosts", 14);
  });

  it("opens the person's own file when no line is to blame", async () => {
    const { ports, actions } = setUp(new ConnectError("SSH_AUTH_FAILED", "x"));
    await actions["open-ssh-config"]();
    expect(ports.openFile).toHaveBeenCalledWith("/home/me/.ssh/config", undefined);
  });

  it("asks for the address again, with what was there, and connects to the new one", async () => {
    const { ports, actions } = setUp(new ConnectError("DNS_FAILED", "x"), { answers: ["bob@attic"] });
    await actions["edit-target"]();
    expect(ports.connect).toHaveBeenCalledWith({ name: "attic", target: { kind: "ssh", destination: "bob@attic" } });
  });

  it("has the headers of an edge named first where none are, and connects with them", async () => {
    const facts = [{ label: "detail", value: "it answered HTTP 302 and wants a sign-in (Cloudflare Access)" }] as const;
    const error = new ConnectError("EDGE_REFUSED", "x", { facts });
    const { ports, actions } = setUp(error, { profile: CLOUD, answers: ["X-Id,  X-Secret X-Id"] });
    await actions["edge-headers"]();
    const target = { ...CLOUD.target, edgeHeaders: ["X-Id", "X-Secret"] };
    expect(ports.connect).toHaveBeenCalledWith({ ...CLOUD, target });
    expect(ports.edgeHeaders).not.toHaveBeenCalled();
    for (const bad of ["", "Host", "X-A Cookie", "1 2 3 4 5 6 7 8 9"])
      await expect(setUp(error, { profile: CLOUD, answers: [bad] }).actions["edge-headers"]()).rejects.toThrow(bad);
  });

  it("takes a new certificate only after a modal that shows it", async () => {
    const error = new ConnectError("TLS_PIN_MISMATCH", "x", {
      facts: [
        { label: "known", value: "12:34" },
        { label: "now", value: "AB:CD" },
        { label: "certificate", value: "CN=server, self-signed" },
      ],
    });
    const no = setUp(error, { profile: CLOUD, answers: [undefined] });
    await no.actions["repin-certificate"]();
    for (const shown of ["AB:CD", "12:34", "CN=server, self-signed"]) expect(no.ports.prompts.said[0]).toContain(shown);
    expect(no.ports.connect).not.toHaveBeenCalled();
    const yes = setUp(error, { profile: CLOUD, answers: ["trust"] });
    await yes.actions["repin-certificate"]();
    expect(yes.ports.connect).toHaveBeenCalledWith({
      ...CLOUD,
      target: { ...CLOUD.target, tlsFingerprint: "AB:CD" },
    });
  });

  it("offers to pin a certificate that nobody signed, and pins nothing where none was shown", async () => {
    expect(ERRORS.TLS_UNTRUSTED.actions).toContain("repin-certificate");
    const facts = [
      { label: "now", value: "AB:CD" },
      { label: "detail", value: "DEPTH_ZERO_SELF_SIGNED_CERT" },
    ] as const;
    const { url } = CLOUD.target as { url: string };
    const unpinned = { name: CLOUD.name, target: { kind: "url" as const, url } };
    const shown = setUp(new ConnectError("TLS_UNTRUSTED", "x", { facts }), { profile: unpinned, answers: ["trust"] });
    await shown.actions["repin-certificate"]();
    expect(shown.ports.prompts.said[0]).toContain("DEPTH_ZERO_SELF_SIGNED_CERT");
    expect(shown.ports.connect).toHaveBeenCalledWith({
      ...unpinned,
      target: { ...unpinned.target, tlsFingerprint: "AB:CD" },
    });
    const none = setUp(new ConnectError("TLS_UNTRUSTED", "x"), { profile: unpinned });
    await none.actions["repin-certificate"]();
    expect(none.ports.connect).not.toHaveBeenCalled();
  });

  it("copies the command that is to be run on the host", async () => {
    const facts = [{ label: "command", value: "openclaw devices approve r-1" }] as const;
    const { ports, actions } = setUp(new ConnectError("PAIRING_REQUIRED", "x", { facts }));
    await actions["copy-command"]();
    expect(ports.copy).toHaveBeenCalledWith("openclaw devices approve r-1");
  });

  it("keeps a typed credential and tries again; nothing happens when the prompt is left", async () => {
    const typed = setUp(new ConnectError("CREDENTIAL_WRONG", "x"), { answers: [" s3cret "] });
    await enterCredential(typed.ports);
    expect(typed.ports.credentials.save).toHaveBeenCalledWith(HOME.target, { token: "s3cret", password: "s3cret" });
    expect(typed.ports.retry).toHaveBeenCalled();
    const left = setUp(new ConnectError("CREDENTIAL_WRONG", "x"), { answers: [undefined] });
    await enterCredential(left.ports);
    expect(left.ports.credentials.save).not.toHaveBeenCalled();
    expect(left.ports.retry).not.toHaveBeenCalled();
  });
});

describe("Copy details", () => {
  it("copies what happened, without secrets", async () => {
    const copy = vi.fn(async (_text: string) => undefined);
    const error = new ConnectError("CREDENTIAL_WRONG", "refused token=abcdef123456", {
      facts: [{ label: "host", value: "home" }],
    });
    const clean = (text: string) => redact(text);
    const prompts = scriptedPrompts();
    await copyFailureDetails({ view: linkView(failedWith(error)), copy, clean, prompts, version: "0.1.0", t });
    const copied = copy.mock.calls[0]?.[0] ?? "";
    expect(copied).toContain("CREDENTIAL_WRONG at credential");
    expect(copied).toContain("host: home");
    expect(copied).not.toContain("abcdef123456");
  });
});
