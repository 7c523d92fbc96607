import { usageError } from "./cli-error.ts";
import type { Command } from "./command.ts";
import { CONNECTION_OPTIONS } from "./connection-options.ts";
import type { ParsedArguments } from "./flags.ts";
import { LIFE_COMMANDS } from "./life-commands.ts";

const load = {
  health: async () => {
    const [{ onGateway }, { health }] = await Promise.all([
      import("./gateway-command.ts"),
      import("./commands/health.ts"),
    ]);
    return onGateway({ check: noOperands, run: health });
  },
  status: async () => {
    const [{ onGateway }, { status }] = await Promise.all([
      import("./gateway-command.ts"),
      import("./commands/status.ts"),
    ]);
    const { withService } = await import("./commands/status-here.ts");
    return withService(onGateway({ check: noOperands, run: status }));
  },
  probe: async () => (await import("./commands/gateway-probe.ts")).gatewayProbe,
  call: async () => {
    const [{ onGateway }, { gatewayCall, readCall }] = await Promise.all([
      import("./gateway-command.ts"),
      import("./commands/gateway-call.ts"),
    ]);
    return onGateway({ check: readCall, run: gatewayCall });
  },
} as const;

const options = CONNECTION_OPTIONS;
const params = { name: "params", value: "JSON", help: 'parameters as a JSON object, default "{}"' };

/** Every command of the CLI. `run`, which starts the sidecar, has its own options and lives in the sidecar. */
export const COMMANDS: readonly Command[] = [
  { name: "health", summary: "Ask the Gateway how it is; exit code 1 when it is not well", options, load: load.health },
  { name: "status", summary: "Show what runs there, its model and its latest sessions", options, load: load.status },
  { name: "gateway health", summary: "The same as health", options, load: load.health },
  { name: "gateway status", summary: "The same as status", options, load: load.status },
  {
    name: "gateway probe",
    summary: "Climb the way to the Gateway rung by rung and say what each one found",
    options,
    load: load.probe,
  },
  {
    name: "gateway call",
    operands: "METHOD",
    summary: "Send one request and print the answer",
    options: [params, ...options],
    load: load.call,
  },
  ...LIFE_COMMANDS,
];

function noOperands({ positionals }: ParsedArguments): void {
  const [first] = positionals;
  if (first !== undefined) throw usageError(`This command takes options only; ${JSON.stringify(first)} is too much.`);
}
