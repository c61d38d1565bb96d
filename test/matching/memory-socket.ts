/** Two ends of a WebSocket in memory. What one end sends, the other gets a little later, in order. */

import type { SessionSocket } from '../../sdk/common/session-socket.ts';

type Events = {
  message: { data: unknown };
  close: { code: number; reason: string };
  error: { message?: string };
};
type Listener = (event: never) => void;

export class MemorySocket implements SessionSocket {
  peer!: MemorySocket;
  accepted = false;
  /** What this end has sent. */
  readonly sent: unknown[] = [];
  closedWith: { code: number; reason: string } | undefined;
  /** Nothing gets through any more, in either direction. */
  mute = false;
  readonly #listeners: Array<{ type: keyof Events; listener: Listener }> = [];

  static pair(): [MemorySocket, MemorySocket] {
    const pair: [MemorySocket, MemorySocket] = [new MemorySocket(), new MemorySocket()];
    pair[0].peer = pair[1];
    pair[1].peer = pair[0];
    return pair;
  }

  accept(): void {
    this.accepted = true;
  }

  addEventListener(type: keyof Events, listener: Listener): void {
    this.#listeners.push({ type, listener });
  }

  send(frame: unknown): void {
    if (this.closedWith) throw new TypeError('the socket is closed');
    this.sent.push(frame);
    queueMicrotask(() => {
      if (!this.mute && !this.peer.mute && !this.peer.closedWith) this.peer.emit('message', { data: frame });
    });
  }

  close(code: number, reason: string): void {
    if (this.closedWith) return;
    this.closedWith = { code, reason };
    queueMicrotask(() => {
      if (!this.mute && !this.peer.mute && !this.peer.closedWith) this.peer.emit('close', { code, reason });
    });
  }

  /** The network goes away between the two. */
  cut(): void {
    for (const end of [this, this.peer]) end.emit('close', { code: 1006, reason: '' });
  }

  emit<Type extends keyof Events>(type: Type, event: Events[Type]): void {
    for (const { type: wanted, listener } of this.#listeners) {
      if (wanted === type) (listener as (event: Events[Type]) => void)(event);
    }
  }
}
