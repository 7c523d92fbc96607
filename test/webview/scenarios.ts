import type { ChatItem, RunStep, TranscriptPatch } from "../../protocol/chat/transcript.ts";
import type { Locale } from "../../protocol/l10n/locale.ts";
import { type Ladder, climb, emptyLadder } from "../../protocol/ladder/steps.ts";
import type {
  CommandOption,
  HostMessage,
  MentionOption,
  ModelOption,
  PanelState,
} from "../../protocol/webview/contract.ts";

/** A fixed moment of a working day, local time. */
const NOON = new Date(2026, 10, 20, 14, 2).getTime();

const EN = {
  title: "Flaky reconnect test",
  question: "Why does this fail on CI but not here?",
  answer: `The test reads the delay after the fake clock has moved. CI is slower, so by then the **second** attempt is already scheduled.

- \`delayFor(1)\` is evaluated inside the timer callback.
- Jitter is on, but the assertion expects exact values.

| Attempt | Expected | Here | On CI |
|---|--:|--:|--:|
| 1 | 1.0 s | 1.0 s | 1.0 s |
| 2 | 2.0 s | 2.0 s | 3.4 s |
| 3 | 4.0 s | 4.0 s | 9.1 s |

Turn jitter off in the test and read the delay first:

\`\`\`ts
const policy = backoff({ jitter: 0 });
// read the delay before the clock moves
const wait = policy.delayFor(1);
await vi.advanceTimersByTimeAsync(wait);
expect(socket.attempts).toBe(2);
\`\`\`

The change belongs in [reconnect.test.ts:44](reconnect.test.ts:44). Vitest explains the clock in [Fake timers](https://vitest.dev/guide/mocking).`,
  again: "It still fails with two workers, here is the run.",
  growing:
    "I run only the failing file first, with the worker count CI uses.\n\nTwo of three runs fail, and both failures share one cause: the fake clock is advanced before the delay is read, so attempt 2",
  fix: "Run it with two workers and fix the cause.",
  fixed: "Fixed. The delay is now read before the clock moves, and the file passes 50 times in a row with two workers.",
  commit: "Commit both with one message.",
  push: "And push the branch.",
  sessions: [
    "Invoice from the garage",
    "Travel plan for Lisbon",
    "Why is the NAS slow at night",
    "Rewrite the SSH config parser for Match blocks and includes",
    "Postgres 17 upgrade notes",
  ],
  running: "Move the changelog to docs",
  notice: "The session was compacted.",
};

const ZH: typeof EN = {
  title: "重连测试偶发失败",
  question: "为什么这个测试在 CI 上失败，本机却通过？",
  answer: `测试在假时钟推进之后才读取延迟。CI 较慢，此时**第二次**重试已经排定。

- \`delayFor(1)\` 在定时器回调里求值。
- 抖动已开启，断言却要求精确值。

| 次数 | 预期 | 本机 | CI |
|---|--:|--:|--:|
| 1 | 1.0 秒 | 1.0 秒 | 1.0 秒 |
| 2 | 2.0 秒 | 2.0 秒 | 3.4 秒 |

在测试中关闭抖动，并先读取延迟：

\`\`\`ts
const policy = backoff({ jitter: 0 });
const wait = policy.delayFor(1);
\`\`\`

改动位于 [reconnect.test.ts:44](reconnect.test.ts:44)。假时钟的用法见 Vitest 的 [Fake timers](https://vitest.dev/guide/mocking) 一节。`,
  again: "两个 worker 时仍然失败，这是那次运行。",
  growing:
    "我先只运行失败的文件，使用 CI 的 worker 数量。\n\n三次中有两次失败，原因相同：读取延迟之前假时钟已经推进，所以第二次",
  fix: "用两个 worker 运行并修复原因。",
  fixed: "已修复。现在先读取延迟再推进时钟，两个 worker 下连续通过 50 次。",
  commit: "用一条消息提交两处修改。",
  push: "然后推送分支。",
  sessions: ["车库的发票", "里斯本旅行计划", "为什么 NAS 夜里很慢", "重写 SSH 配置解析器", "Postgres 17 升级笔记"],
  running: "把变更日志移到 docs",
  notice: "会话已压缩。",
};

export interface Scenario {
  readonly state: PanelState;
  readonly items: readonly ChatItem[];
  /** Done by a person once it is shown. */
  readonly afterwards?: "open-sessions" | "open-step" | "scroll-up" | "type" | "slash" | "at" | "open-models";
}

export type ScenarioName = (typeof SCENARIO_NAMES)[number];
export const SCENARIO_NAMES = [
  "first-run",
  "saved",
  "connecting",
  "pairing",
  "failed",
  "waiting-first",
  "new-session",
  "idle",
  "thinking",
  "streaming",
  "tools",
  "ended-badly",
  "reconnecting",
  "no-model",
  "sessions",
  "jump",
  "commands",
  "mentions",
  "models",
  "unread",
] as const;

const COMMANDS: readonly CommandOption[] = [
  { name: "/help", description: "Show available commands.", acceptsArgs: false },
  { name: "/status", description: "Show this Gateway, the session and its model.", acceptsArgs: false },
  { name: "/model", description: "Show the models, or choose one for this session.", acceptsArgs: true },
  { name: "/new", description: "Start a new conversation in this session.", acceptsArgs: false },
  { name: "/stop", description: "Stop the running answer.", acceptsArgs: false },
];

const MODELS: readonly ModelOption[] = [
  ["anthropic", "claude-sonnet-4.5", 200_000],
  ["anthropic", "claude-opus-4.1", 200_000],
  ["ollama", "qwen3-coder:30b", 256_000],
  ["ollama", "llama3.3:70b", 128_000],
].map(([provider, name, contextTokens]) => ({
  ref: `${provider}/${name}`,
  provider: String(provider),
  name: String(name),
  contextTokens: Number(contextTokens),
  isAvailable: name !== "llama3.3:70b",
}));

export const MENTIONS: readonly MentionOption[] = [
  { id: "selection", kind: "selection", label: "src/outbox.ts:41-58" },
  { id: "problems", kind: "problems", label: "3" },
  { id: "a", kind: "file", label: "src/reconnect.test.ts" },
  { id: "b", kind: "file", label: "src/client/very/deep/in/the/tree/reconnecting-web-socket.ts" },
];

/** The messages of the host that lead to a scenario. */
export function messagesOf(scenario: Scenario): readonly HostMessage[] {
  const patch: TranscriptPatch = { type: "reset", items: scenario.items, hasEarlier: false };
  return [
    { type: "state", ...scenario.state },
    { type: "transcript", sessionKey: scenario.state.sessionKey, patch },
    { type: "commands", commands: COMMANDS },
    { type: "models", models: MODELS },
  ];
}

/** `now` is when it is looked at, milliseconds since the epoch: what counts seconds starts there. */
export function scenario(name: ScenarioName, locale: Locale, now: number): Scenario {
  const words = locale === "zh-cn" ? ZH : EN;
  const base = panelState(words, locale);
  const done: readonly ChatItem[] = [
    { kind: "question", id: "q1", text: words.question, at: NOON - 14_000, delivery: "sent" },
    {
      kind: "run",
      id: "r1",
      runId: "r1",
      steps: [...steps("ok"), ...steps("ok").map((step) => ({ ...step, id: `${step.id}b` }))].slice(0, 5),
      text: words.answer,
      status: "done",
      startedAt: NOON - 14_000,
      endedAt: NOON,
      totalTokens: 3_100,
      costUsd: 0.02,
    },
  ];
  switch (name) {
    case "first-run":
      return { state: { ...base, connection: { phase: "disconnected", hasSaved: false } }, items: [] };
    case "saved":
      return { state: { ...base, connection: { phase: "disconnected", hasSaved: true } }, items: [] };
    case "connecting":
      return {
        state: {
          ...base,
          connection: { phase: "connecting", target: "home-server", ladder: ladder("find-gateway", "started") },
        },
        items: [],
      };
    case "pairing":
      return {
        state: {
          ...base,
          connection: {
            phase: "connecting",
            target: "home-server",
            ladder: ladder("pairing", "started"),
            approval: {
              requestId: "db69550a-756f-4379-b03b-09dac7c1bcd4",
              device: "OpenClaw Remote (VS Code), ab9e719e",
              scopes: ["operator.read", "operator.write", "operator.admin", "operator.approvals", "operator.pairing"],
              command: "openclaw devices approve db69550a-756f-4379-b03b-09dac7c1bcd4",
              overSsh: true,
              isApproving: false,
            },
          },
        },
        items: [],
      };
    case "failed":
      return {
        state: {
          ...base,
          connection: {
            phase: "failed",
            target: "home-server",
            failure: hostKeyChanged,
            ladder: ladder("host-key", "failed"),
          },
        },
        items: [],
      };
    case "waiting-first":
      return {
        state: {
          ...base,
          connection: {
            phase: "waiting",
            failure: {
              code: "TCP_REFUSED",
              step: "tcp",
              message: "connect ECONNREFUSED",
              facts: [
                { label: "host", value: "home-server" },
                { label: "port", value: "22" },
              ],
              actions: ["retry", "edit-target"],
            },
            attempt: 3,
            retryAt: now + 4_000,
            ladder: ladder("tcp", "failed"),
          },
        },
        items: [],
      };
    case "new-session":
      return { state: { ...base, sessionKey: "new", usage: undefined }, items: [] };
    case "idle":
      return { state: base, items: done };
    case "thinking":
      return {
        state: { ...base, running: true },
        items: [
          { kind: "question", id: "q1", text: words.question, at: now, delivery: "sent" },
          { kind: "run", id: "r1", runId: "r1", steps: [], text: "", status: "streaming", startedAt: now - 2_000 },
        ],
      };
    case "streaming":
      return {
        state: { ...base, running: true },
        items: [
          ...done,
          { kind: "question", id: "q2", text: words.again, at: now - 18_000, delivery: "sent" },
          {
            kind: "run",
            id: "r2",
            runId: "r2",
            steps: [
              ...steps("ok").slice(0, 2),
              { ...steps("ok")[2], status: "running", startedAt: now - 12_000 } as RunStep,
            ],
            text: words.growing,
            status: "streaming",
            startedAt: now - 18_000,
            totalTokens: 2_400,
          },
          { kind: "question", id: "q3", text: words.commit, at: now, delivery: "queued" },
        ],
        afterwards: "type",
      };
    case "tools":
      return {
        state: base,
        items: [
          { kind: "question", id: "q2", text: words.fix, at: NOON, delivery: "sent" },
          {
            kind: "run",
            id: "r2",
            runId: "r2",
            steps: steps("error"),
            text: words.fixed,
            status: "done",
            startedAt: NOON,
            endedAt: NOON + 17_000,
            totalTokens: 5_800,
            costUsd: 0.04,
          },
        ],
        afterwards: "open-step",
      };
    case "ended-badly":
      return {
        state: base,
        items: [
          { kind: "question", id: "q1", text: words.question, at: NOON, delivery: "sent" },
          {
            kind: "run",
            id: "r1",
            runId: "r1",
            steps: [],
            text: words.growing,
            status: "aborted",
            startedAt: NOON,
            endedAt: NOON + 5_000,
          },
          { kind: "question", id: "q2", text: words.fix, at: NOON, delivery: "sent" },
          {
            kind: "run",
            id: "r2",
            runId: "r2",
            steps: steps("ok").slice(0, 1),
            text: "",
            status: "error",
            error: "429 rate limit reached for claude-sonnet-4.5",
            startedAt: NOON,
            endedAt: NOON + 2_000,
          },
          { kind: "notice", id: "n1", text: words.notice, at: NOON },
          { kind: "question", id: "q3", text: words.push, at: NOON, delivery: "failed", error: "session is archived" },
        ],
      };
    case "reconnecting":
      return {
        state: {
          ...base,
          connection: {
            phase: "waiting",
            failure: {
              code: "LINK_LOST",
              step: "websocket",
              message: "the socket closed",
              facts: [],
              actions: ["retry"],
            },
            attempt: 3,
            retryAt: now + 4_000,
            ladder: ladder("tcp", "failed"),
          },
        },
        items: [
          ...done,
          { kind: "question", id: "q3", text: words.commit, at: NOON + 660_000, delivery: "waiting" },
          { kind: "question", id: "q4", text: words.push, at: NOON + 700_000, delivery: "queued" },
        ],
      };
    case "no-model":
      return { state: { ...base, sessionKey: "new", hasModel: false, model: undefined, usage: undefined }, items: [] };
    case "sessions":
      return { state: base, items: done, afterwards: "open-sessions" };
    case "commands":
      return { state: base, items: done, afterwards: "slash" };
    case "mentions":
      return { state: base, items: done, afterwards: "at" };
    case "models":
      return { state: base, items: done, afterwards: "open-models" };
    case "unread":
      return {
        state: { ...base, unreadSince: NOON + 20_000 },
        items: [...done, { kind: "notice", id: "n1", text: words.notice, at: NOON + 900_000 }],
      };
    case "jump":
      return {
        state: base,
        items: [1, 2, 3, 4].flatMap((n) => done.map((item) => ({ ...item, id: `${item.id}-${n}` }))),
        afterwards: "scroll-up",
      };
  }
}

function panelState(words: typeof EN, locale: Locale): PanelState {
  const [garage = "", lisbon = "", nas = "", ssh = "", postgres = ""] = words.sessions;
  return {
    locale,
    place: "side",
    connection: { phase: "connected" },
    gateway: "ssh:home-server",
    gatewayName: "home-server",
    sessionKey: "main",
    sessions: [
      { key: "main", title: words.title, updatedAt: NOON, unread: false, running: false, isMain: true },
      { key: "s1", title: garage, updatedAt: NOON - 1_320_000, unread: true, running: false, isMain: false },
      { key: "s2", title: lisbon, updatedAt: NOON - 10_000_000, unread: true, running: false, isMain: false },
      { key: "s3", title: nas, updatedAt: NOON - 86_400_000, unread: false, running: false, isMain: false },
      { key: "s4", title: ssh, updatedAt: NOON - 3 * 86_400_000, unread: false, running: false, isMain: false },
      { key: "s5", title: postgres, updatedAt: NOON - 12 * 86_400_000, unread: false, running: false, isMain: false },
      { key: "s6", title: words.running, updatedAt: NOON - 120_000, unread: false, running: true, isMain: false },
    ],
    running: false,
    model: "claude-sonnet-4.5",
    modelRef: "anthropic/claude-sonnet-4.5",
    sessionActions: ["rename", "archive", "choose-model", "delete"],
    unreadSince: undefined,
    hasModel: true,
    usage: { totalTokens: 36_000, contextTokens: 200_000, costUsd: 0.41 },
    draft: "",
  };
}

function steps(third: "ok" | "error"): readonly RunStep[] {
  return [
    {
      id: "s1",
      tool: "exec",
      args: JSON.stringify(
        { command: "npx vitest run reconnect --poolOptions.threads.maxThreads=2", cwd: "~/work/api" },
        null,
        2,
      ),
      result:
        " FAIL reconnect.test.ts > backs off\n AssertionError: expected 3 to be 2\n ❯ reconnect.test.ts:58:27\n Tests  1 failed | 11 passed (12)",
      status: "ok",
      startedAt: NOON,
      ms: 8_200,
    },
    {
      id: "s2",
      tool: "edit",
      args: JSON.stringify({ path: "src/reconnect.test.ts" }),
      result: "+3 -1",
      status: "ok",
      startedAt: NOON,
      ms: 100,
    },
    {
      id: "s3",
      tool: "exec",
      args: JSON.stringify({ command: "oxfmt reconnect.test.ts" }),
      result: "oxfmt: not found",
      status: third,
      startedAt: NOON,
      ms: 300,
    },
    {
      id: "s4",
      tool: "memory_lookup",
      args: JSON.stringify({ query: "worker count" }),
      result: "[]",
      status: "ok",
      startedAt: NOON,
      ms: 1_900,
    },
  ];
}

const hostKeyChanged = {
  code: "HOST_KEY_CHANGED",
  step: "host-key",
  message: "the host key of home-server changed",
  facts: [
    { label: "host", value: "home-server" },
    { label: "keyType", value: "ED25519" },
    { label: "known", value: "SHA256:q7Vx2mPd0tK1bLr8sZc4WnHf6yUaEo9J3iGkTvNwXRs" },
    { label: "now", value: "SHA256:Jw4RzC8hB6eYp1Kd9LxQm3TfVn7aSu0GoI2kEXtHcMA" },
    { label: "savedIn", value: "~/.ssh/known_hosts:14" },
  ],
  actions: ["open-known-hosts", "retry"],
} as const;

function ladder(stopAt: "tcp" | "host-key" | "find-gateway" | "pairing", how: "started" | "failed"): Ladder {
  const passed = [
    ["resolve", "192.168.1.20", 12],
    ["tcp", undefined, 34],
    ["host-key", "ED25519, known", 41],
    ["ssh-auth", "agent, id_ed25519", 180],
    ["find-gateway", "127.0.0.1:18789", 96],
    ["websocket", undefined, 52],
    ["protocol", undefined, 8],
    ["credential", undefined, 3],
  ] as const;
  let current = emptyLadder;
  let at = 0;
  for (const [step, evidence, ms] of passed) {
    if (step === stopAt) break;
    current = climb(current, { type: "started", step, at });
    at += ms;
    current = climb(current, { type: "passed", step, at, ...(evidence === undefined ? {} : { evidence }) });
  }
  current = climb(current, { type: "started", step: stopAt, at });
  return how === "started" ? current : climb(current, { type: "failed", step: stopAt, at: at + 41 });
}
