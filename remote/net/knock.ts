import { connect } from "node:net";
import type { DialBound, Place } from "./dial.ts";

/** Whether TCP opens at an address (no name is looked up). Sends nothing, and never rejects. */
export function knock({ host, port }: Place, { signal, timeoutMs }: DialBound): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const answer = (isThere: boolean): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", nobody);
      socket.destroy();
      resolve(isThere);
    };
    const nobody = (): void => answer(false);
    const timer = setTimeout(nobody, timeoutMs);
    socket.once("connect", () => answer(true));
    socket.on("error", nobody);
    if (signal.aborted) nobody();
    else signal.addEventListener("abort", nobody, { once: true });
  });
}
