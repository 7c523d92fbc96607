/** What a socket tells its owner. After `close` nothing more comes. */
export interface SocketHandlers {
  message(data: string): void;
  /** RFC 6455 close code and reason; 1006 when the link broke without a close frame. */
  close(code: number, reason: string): void;
}

/**
 * One open WebSocket to a Gateway, whatever it runs over. Messages that come before `listen` are kept, so that nothing
 * is lost between opening and listening.
 */
export interface GatewaySocket {
  isOpen(): boolean;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  /** Takes the handlers, once. */
  listen(handlers: SocketHandlers): void;
  /** Sends a ping and resolves with the round trip in milliseconds; rejects when `timeoutMs` passes or the socket closes. */
  ping(timeoutMs: number): Promise<number>;
}
