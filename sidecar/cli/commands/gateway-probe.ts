import type { GatewayTransport } from "../../../protocol/client/transport.ts";
import { CancelledError, ConnectError } from "../../../protocol/errors/connect-error.ts";
import { toFailure } from "../../../protocol/errors/failure.ts";
import { roadTranslator } from "../../../protocol/l10n/road-text.ts";
import { rungLine } from "../../../protocol/ladder/rung-line.ts";
import { type Ladder, LadderReporter, climb, emptyLadder } from "../../../protocol/ladder/steps.ts";
import { connectGateway } from "../../../remote/connect.ts";
import { CliError, usageError } from "../cli-error.ts";
import type { CommandResult, RunCommand } from "../command.ts";
import { type ConnectionWish, readConnectionWish } from "../connection-options.ts";
import { EXIT } from "../exit-codes.ts";
import { type CliFailure, toCliFailure } from "../failure.ts";
import { transportTo } from "../road.ts";
import { CLI_CLIENT, CLI_SCOPES, explained } from "../session.ts";
import { plain } from "../table.ts";
import { type Target, resolveTarget } from "../target.ts";

/**
 * `gateway probe`: climbs the ladder that `OpenClaw: Connect Remote` and the Connection Doctor climb, once, and tells what each
 * rung found. Nobody is asked, nothing is saved, no device is paired.
 */
export const gatewayProbe: RunCommand = async (args) => {
  const [extra] = args.positionals;
  if (extra !== undefined) throw usageError(`gateway probe takes options only; ${JSON.stringify(extra)} is too much.`);
  const wish = readConnectionWish(args);
  const target = await resolveTarget(wish, process.env);
  const transport = await transportTo(target, wish.timeoutMs);
  try {
    return await climbOnce({ target, transport, wish });
  } finally {
    transport.dispose();
  }
};

interface Probe {
  readonly target: Target;
  readonly transport: GatewayTransport;
  readonly wish: ConnectionWish;
}

async function climbOnce({ target, transport, wish }: Probe): Promise<CommandResult> {
  let ladder = emptyLadder;
  const reporter = new LadderReporter((event) => {
    ladder = climb(ladder, event);
  });
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(new CancelledError()), wish.timeoutMs);
  const startedAt = performance.now();
  try {
    const session = await connectGateway({
      transport,
      context: { signal: deadline.signal, ladder: reporter, interactive: false },
      client: CLI_CLIENT,
      credential: target.credential,
      identity: null,
      tokens: null,
      scopes: CLI_SCOPES,
      caps: [],
      requestTimeoutMs: wish.timeoutMs,
    });
    session.close();
    return result({ target, path: transport.path, ladder, ms: performance.now() - startedAt }, undefined);
  } catch (error) {
    const ms = performance.now() - startedAt;
    const waitedFor = reporter.current ?? "resolve";
    const doing = ladder.find(({ step }) => step === waitedFor)?.evidence;
    const late = `"${waitedFor}"${doing === undefined ? "" : `: ${doing}`}`;
    const why = deadline.signal.aborted ? tooLate(target, wish, late) : explained(error, target);
    reporter.fail(why instanceof ConnectError ? toFailure(why, waitedFor).step : waitedFor);
    const secrets = [target.credential.token, target.credential.password].filter((secret) => secret !== undefined);
    const failure = await toCliFailure(why, { target: target.kind === "ssh" ? target.ssh : target.name, secrets });
    return result({ target, path: transport.path, ladder, ms }, failure);
  } finally {
    clearTimeout(timer);
  }
}

function tooLate(target: Target, { timeoutMs }: ConnectionWish, at: string): CliError {
  const message = `${target.name} did not answer within ${timeoutMs} ms (at ${at}). Check that it is well, or allow more with --timeout.`;
  return new CliError("TIMEOUT", message, { exitCode: EXIT.unreachable });
}

interface Climbed {
  readonly target: Target;
  readonly path: string;
  readonly ladder: Ladder;
  /** Milliseconds for all of it. */
  readonly ms: number;
}

function result({ target, path, ladder, ms }: Climbed, failure: CliFailure | undefined): CommandResult {
  const t = roadTranslator("en");
  return {
    payload: {
      ok: failure === undefined,
      target: target.name,
      path,
      ms: Math.round(ms),
      rungs: ladder.map(({ startedAt: _startedAt, ms: tookMs, ...rung }) =>
        tookMs === undefined ? rung : { ...rung, ms: Math.round(tookMs) },
      ),
      ...(failure === undefined ? {} : { error: { code: failure.code, message: failure.message } }),
    },
    ...(failure === undefined ? {} : { exitCode: failure.exitCode }),
    lines: () => [
      plain(path),
      ...ladder.map((rung) => plain(rungLine(rung, target.name, t))),
      "",
      failure === undefined ? `Everything is fine (${Math.round(ms)} ms).` : `${failure.code}: ${failure.message}`,
    ],
  };
}
