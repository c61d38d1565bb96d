/** The part of `ws` that is used. The package brings no types, and those published apart would be every user's, too. */

declare module 'ws' {
  import type { EventEmitter } from 'node:events';
  import type { IncomingMessage } from 'node:http';
  import type { Duplex } from 'node:stream';

  export class WebSocket {
    constructor(url: string, protocols: string[], options?: { headers?: Record<string, string> });
    readonly protocol: string;
    send(frame: string | Uint8Array): void;
    close(code: number, reason: string): void;
    /** Drops the connection without a word. */
    terminate(): void;
    addEventListener(type: 'open', listener: () => void): void;
    addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
    addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void;
    addEventListener(type: 'error', listener: (event: { message: string }) => void): void;
  }

  export class WebSocketServer extends EventEmitter {
    readonly clients: Set<WebSocket>;
    constructor(options: {
      noServer: true;
      maxPayload: number;
      perMessageDeflate: false;
      handleProtocols(offered: Set<string>): string;
    });
    on(event: 'headers', listener: (lines: string[], request: IncomingMessage) => void): this;
    handleUpgrade(
      request: IncomingMessage,
      socket: Duplex,
      head: Buffer,
      then: (socket: WebSocket) => void,
    ): void;
  }
}
