/** One test that runs inside the extension host of a real VS Code. */
export interface SuiteTest {
  readonly name: string;
  readonly body: () => void | Promise<void>;
}

const registered: SuiteTest[] = [];

/** Adds a test. The name is a sentence about what a user or another extension would notice. */
export function test(name: string, body: SuiteTest["body"]): void {
  registered.push({ name, body });
}

/** All tests in the order in which they were added. */
export function suiteTests(): readonly SuiteTest[] {
  return registered;
}
