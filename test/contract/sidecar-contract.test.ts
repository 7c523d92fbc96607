import { startSidecar, stubConfig } from "../support/sidecar.ts";
import { startStubModel } from "../support/stub-model.ts";
import { describeContract } from "./describe-contract.ts";

describeContract("the sidecar", async () => {
  const model = await startStubModel();
  const sidecar = await startSidecar({ config: stubConfig(model.baseUrl) });
  return {
    ...sidecar,
    name: "the sidecar",
    async stop() {
      await sidecar.stop();
      await model.close();
    },
  };
});
