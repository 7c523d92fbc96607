import type { RunningGateway } from "./gateway-under-test.ts";
import { type RunningSidecar, startSidecar, stubConfig } from "./sidecar.ts";
import { startStubModel } from "./stub-model.ts";

/** Our sidecar with the stub model behind it, as a Gateway to be tested; both end together. `more` joins its config. */
export async function startSidecarGateway(
  more: Readonly<Record<string, unknown>> = {},
): Promise<RunningGateway & Pick<RunningSidecar, "stateDir" | "stderr">> {
  const model = await startStubModel();
  const sidecar = await startSidecar({ config: stubConfig(model.baseUrl, more) });
  return {
    ...sidecar,
    name: "the sidecar",
    async stop() {
      await sidecar.stop();
      await model.close();
    },
  };
}
