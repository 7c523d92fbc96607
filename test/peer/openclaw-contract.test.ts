import { describeContract } from "../contract/describe-contract.ts";
import { startOpenClaw } from "../support/openclaw.ts";
import { startStubModel } from "../support/stub-model.ts";

describeContract("the real OpenClaw", async () => {
  const model = await startStubModel();
  const gateway = await startOpenClaw({ modelBaseUrl: model.baseUrl });
  return {
    ...gateway,
    async stop() {
      await gateway.stop();
      await model.close();
    },
  };
});
