import { Duplex } from "node:stream";
import { expect, it } from "vitest";
import { writeWhole } from "../../../remote/ssh/session/whole-writes.ts";

/** A stream that takes one piece after the other, as an ssh2 channel does. */
function channel() {
  const packets: string[] = [];
  const stream = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      packets.push(chunk.toString());
      setImmediate(done);
    },
  });
  writeWhole(stream);
  return { stream, packets };
}

it("makes one packet of what is written in one go", async () => {
  const { stream, packets } = channel();
  stream.cork();
  stream.write("head ");
  stream.write(Buffer.from("body "));
  stream.write("é", "latin1");
  stream.uncork();
  await new Promise((resolve) => stream.end(resolve));
  expect(packets).toHaveLength(1);
  expect(Buffer.from(packets[0] ?? "").toString("utf8")).toMatch(/^head body /);
});

it("keeps the order of what waits for a slow line", async () => {
  const { stream, packets } = channel();
  for (let index = 0; index < 100; index++) stream.write(`${index},`);
  await new Promise((resolve) => stream.end(resolve));
  expect(packets.join("")).toBe(Array.from({ length: 100 }, (_, index) => `${index},`).join(""));
  expect(packets.length).toBeLessThan(5);
});
