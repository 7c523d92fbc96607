import { describe, expect, it } from "vitest";
import { resolveHost } from "../../../remote/net/dial.ts";
import { faultOf } from "./fault-of.ts";

const bound = { signal: new AbortController().signal, timeoutMs: 5_000 };

describe("looking a host up", () => {
  it("takes an address for its own answer, unless another family is wanted", async () => {
    expect(await resolveHost({ host: "::1", port: 22 }, bound)).toEqual([{ address: "::1", family: 6 }]);
    expect(await resolveHost({ host: "127.0.0.1", port: 22 }, { ...bound, family: 4 })).toHaveLength(1);
    const error = await faultOf(resolveHost({ host: "127.0.0.1", port: 22 }, { ...bound, family: 6 }));
    expect([error.code, error.message]).toEqual([
      "DNS_FAILED",
      "The host 127.0.0.1 was not found (it is no IPv6 address).",
    ]);
  });

  it("gives addresses of the wanted family alone", async () => {
    const found = await resolveHost({ host: "localhost", port: 22 }, { ...bound, family: 4 });
    expect(found.map(({ family }) => family)).toEqual([4]);
  });
});
