/** What the contract suite needs to know of a running Gateway, whoever made it. */
export interface GatewayUnderTest {
  /** For sentences: "the sidecar", "OpenClaw 2026.9.6". */
  readonly name: string;
  readonly url: string;
  readonly port: number;
  readonly token: string;
}

/** A Gateway that a test started and must stop. */
export interface RunningGateway extends GatewayUnderTest {
  readonly pid: number;
  stop(): Promise<void>;
}
