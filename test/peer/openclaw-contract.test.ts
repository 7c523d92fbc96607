import { describeContract } from "../contract/describe-contract.ts";
import { startOpenClawGateway } from "../support/openclaw-gateway.ts";

describeContract("the real OpenClaw", startOpenClawGateway);
