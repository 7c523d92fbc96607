import { type AddressInfo, type Socket, connect, createServer } from "node:net";

/**
 * A proxy on loopback as it stands before many Gateways: it tells the Gateway that whoever comes is from elsewhere, so that
 * a right token alone does not pair a device.
 */
export async function startForwardingProxy(
  gatewayPort: number,
): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const gateway = connect({ host: "127.0.0.1", port: gatewayPort });
    for (const socket of [client, gateway]) {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    }
    client.on("error", () => gateway.destroy());
    gateway.on("error", () => client.destroy());
    client.once("data", (head: Buffer) => {
      const lineEnd = head.indexOf("\r\n") + 2;
      gateway.write(head.subarray(0, lineEnd));
      gateway.write("X-Forwarded-For: 203.0.113.5\r\n");
      gateway.write(head.subarray(lineEnd));
      client.pipe(gateway).pipe(client);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
