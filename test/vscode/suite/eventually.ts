const PATIENCE_MS = 30_000;
const PAUSE_MS = 50;

/** Repeats an assertion until it holds. Rejects with its last failure when it never does. */
export async function eventually(assertion: () => void): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      assertion();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
