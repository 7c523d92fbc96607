import { type RunningOpenClaw, startOpenClaw } from "./openclaw.ts";
import { startStubModel } from "./stub-model.ts";

/** The real OpenClaw with the stub model behind it; both end together. */
export async function startOpenClawGateway(): Promise<RunningOpenClaw> {
  const model = await startStubModel();
  const gateway = await startOpenClaw({ modelBaseUrl: model.baseUrl });
  return {
    ...gateway,
    async stop() {
      await gateway.stop();
      await model.close();
    },
  };
}
