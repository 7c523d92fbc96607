import { startSidecarGateway } from "../support/sidecar-gateway.ts";
import { describeContract } from "./describe-contract.ts";

describeContract("the sidecar", () => startSidecarGateway());
