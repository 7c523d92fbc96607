import { describe, expect, it } from "vitest";
import { initialState } from "../../../protocol/client/connection-state.ts";
import { ConnectError } from "../../../protocol/errors/connect-error.ts";
import { toFailure } from "../../../protocol/errors/failure.ts";
import { translator } from "../../../protocol/l10n/translate.ts";
import { climb, emptyLadder } from "../../../protocol/ladder/steps.ts";
import { percentile, sparkline } from "../../../extension/status-bar/sparkline.ts";
import { statusText } from "../../../extension/status-bar/status-text.ts";
import type { WayView } from "../../../extension/connection/roads/road.ts";
import { tooltipMarkdown } from "../../../extension/status-bar/tooltip.ts";
import { CLOUD, HOME, connectedState, failedWith, linkView } from "./fakes.ts";

const t = translator("en");
const text = (...args: Parameters<typeof linkView>) => statusText(linkView(...args), 10_000, t);

describe("the status bar says", () => {
  it("that nothing is connected", () => {
    expect(text(initialState)).toMatchObject({ text: "$(plug) OpenClaw", severity: "normal" });
  });

  it("the step that it is at while it connects", () => {
    const ladder = climb(emptyLadder, { type: "started", step: "ssh-auth", at: 1 });
    const state = { phase: "connecting", generation: 1, attempt: 0, ladder } as const;
    expect(text(state).text).toBe("$(loading~spin) SSH sign-in");
  });

  it("the step that failed while a person is asked about it, and not the next one", () => {
    const ladder = climb(climb(emptyLadder, { type: "passed", step: "resolve", at: 1 }), {
      type: "failed",
      step: "tcp",
      at: 2,
    });
    const state = { phase: "connecting", generation: 1, attempt: 0, ladder } as const;
    expect(text(state).text).toBe(`$(loading~spin) ${t("extension.step.tcp")}`);
  });

  it("the Gateway and the round trip when it is connected", () => {
    expect(text(connectedState)).toEqual({
      text: "$(pulse) home-server 41 ms",
      spoken: "Connected to home-server, round trip 41 ms",
      severity: "normal",
    });
  });

  it("nothing after one bad poll, and warns after two", () => {
    expect(text({ ...connectedState, badPolls: 1 }).severity).toBe("normal");
    expect(text({ ...connectedState, badPolls: 2 })).toMatchObject({
      text: "$(warning) home-server: no health answer",
      severity: "warning",
    });
  });

  it("when it tries again, and for which time, without a colour", () => {
    const failure = toFailure(new ConnectError("LINK_LOST", "gone"));
    const state = {
      phase: "waiting",
      generation: 1,
      ladder: emptyLadder,
      failure,
      attempt: 3,
      retryAt: 13_200,
    } as const;
    expect(text(state)).toMatchObject({ text: "$(sync) home-server in 4 s (3)", severity: "normal" });
  });

  it("that it needs a person, and differently that something broke", () => {
    const wrong = text(failedWith(new ConnectError("CREDENTIAL_WRONG", "no")));
    expect(wrong).toMatchObject({ severity: "warning" });
    expect(wrong.text).toMatch(/^\$\(shield\) home-server: /);
    const changed = text(failedWith(new ConnectError("HOST_KEY_CHANGED", "no")));
    expect(changed).toMatchObject({ severity: "error" });
    expect(changed.text).toMatch(/^\$\(error\) home-server: /);
  });

  it("with a mark that a Gateway behind needs a person, and nothing of one that only waits", () => {
    const wrong = linkView(failedWith(new ConnectError("CREDENTIAL_WRONG", "no")), { profile: CLOUD });
    const fine = linkView(connectedState, { profile: CLOUD });
    expect(statusText({ ...linkView(connectedState), others: [fine] }, 0, t).text).toBe("$(pulse) home-server 41 ms");
    const marked = statusText({ ...linkView(connectedState), others: [fine, wrong] }, 0, t);
    expect(marked).toMatchObject({ text: "$(pulse) home-server 41 ms $(bell-dot)", severity: "normal" });
    expect(marked.spoken).toContain("cloud needs you");
    const tooltip = tooltipMarkdown({ ...linkView(connectedState), others: [wrong] }, 0, t);
    expect(tooltip).toContain("<td>cloud&nbsp;&nbsp;</td><td>could not connect: ");
  });

  it("that another way of the Gateway in front needs a person, with a mark", () => {
    const way = { target: CLOUD.target, path: "wss://cloud.example/" } as const;
    const marked = text(connectedState, { ways: [{ ...way, state: "refused" }] });
    expect(marked).toMatchObject({ text: "$(pulse) home-server 41 ms $(bell-dot)", severity: "normal" });
    expect(marked.spoken).toContain("wss://cloud.example/ needs you");
    expect(text(connectedState, { ways: [{ ...way, state: "away" }] }).text).toBe("$(pulse) home-server 41 ms");
  });

  it("a long name by its two ends, and no icon that a name smuggles in", () => {
    const profile = { ...HOME, name: "a-very-long-machine-name.and.its.domain.example" };
    const long = text(connectedState, { profile });
    expect(long.text).toContain("…");
    expect(long.text.length).toBeLessThan(45);
    expect(text(connectedState, { profile: { ...HOME, name: "$(bug)" } }).text).toBe("$(pulse) (bug) 41 ms");
  });
});

describe("the tooltip", () => {
  it("shows the path, the round trips and what runs there, with links to more", () => {
    const view = linkView(connectedState, { connectedAt: 4_000, latency: [10, 100, 41] });
    const markdown = tooltipMarkdown(view, 10_000, t);
    for (const part of [
      "connected for 6 s",
      "ssh alice@home → 127.0.0.1:18789",
      "▁█▃ 41 ms, p95 100",
      "2026.9.6, up 1 min",
    ])
      expect(markdown).toContain(part);
    expect(markdown).toContain("(command:openclaw.openChat)");
  });

  it("lets nothing that a person or a Gateway named become markup", () => {
    const profile = { ...HOME, name: "**x** [y](command:z) <img>" };
    const path = "<b>ssh</b>";
    const server = { ...connectedState.server, version: "<script>" };
    const markdown = tooltipMarkdown(
      linkView({ ...connectedState, server }, { profile, path, connectedAt: 0 }),
      10_000,
      t,
    );
    expect(markdown).not.toMatch(/<(?!\/?(?:table|tr|td|code)>)/);
    expect(markdown).not.toContain("](command:z)");
  });

  it("names the ways that are not taken, and why", () => {
    const failure = toFailure(new ConnectError("TCP_REFUSED", "no", { facts: [{ label: "host", value: "home" }] }));
    const ways: readonly WayView[] = [
      { target: HOME.target, path: "ssh home", state: "away", failure },
      { target: CLOUD.target, path: "wss://<b>", state: "active" },
      { target: { kind: "local" }, path: "127.0.0.1", state: "unproven" },
    ];
    const markdown = tooltipMarkdown(linkView(connectedState, { ways }), 0, t);
    expect(markdown).toContain("<code>ssh home</code> not reached: home refused the connection");
    expect(markdown).toContain("<code>127.0.0.1</code> not proven yet");
    expect(markdown).not.toContain("<b>");
    expect(markdown.match(/Other&nbsp;way/g)).toHaveLength(2);
  });

  it("says why it failed and offers to try again", () => {
    const facts = [
      { label: "host", value: "home" },
      { label: "port", value: "22" },
    ] as const;
    const markdown = tooltipMarkdown(linkView(failedWith(new ConnectError("TCP_REFUSED", "no", { facts }))), 0, t);
    expect(markdown).toContain("home refused the connection");
    expect(markdown).toContain("(command:openclaw.retry)");
  });
});

describe("a sparkline", () => {
  it("keeps small differences small", () => {
    expect(sparkline([40, 41, 42])).toBe("▁▁▂");
    expect(sparkline([0, 350, 700])).toBe("▁▅█");
    expect(sparkline([])).toBe("");
  });

  it("comes with a percentile by nearest rank", () => {
    expect(percentile([5, 1, 9], 0.95)).toBe(9);
    expect(percentile([5, 1, 9], 0.5)).toBe(5);
    expect(percentile([], 0.5)).toBeUndefined();
  });
});
