/**
 * `perdure/worker/node` for programs that import `@temporalio/worker`: the services of its connections answer with messages of protobuf,
 * as those of `perdure/temporal/client` do.
 * @module perdure/temporal/worker
 */

import * as base from '../worker/node.ts';
import { inMessages, type MessageForms } from './raw-messages.ts';

export * from '../worker/node.ts';

export type NativeConnection = base.NativeConnection<MessageForms>;

interface NativeConnectionClass {
  prototype: NativeConnection;
  /** Connects, so that a wrong address shows here. @throws TransportError when no engine takes it, ValueError on bad options. */
  connect(options?: base.NativeConnectionOptions): Promise<NativeConnection>;
  /** @deprecated by Temporal: use `connect` */
  create(options?: base.NativeConnectionOptions): Promise<NativeConnection>;
}

const connect = (options?: base.NativeConnectionOptions): Promise<NativeConnection> =>
  base.NativeConnection.connectWith(inMessages, options);

/** A name of its own, but the same prototype: connections that the SDK has made are instances of it. */
function Giving(): never {
  throw new TypeError('A NativeConnection is made by NativeConnection.connect');
}
Giving.prototype = base.NativeConnection.prototype;
Object.defineProperty(Giving, 'name', { value: 'NativeConnection' });

export const NativeConnection = Object.assign(Object.setPrototypeOf(Giving, base.NativeConnection), {
  connect,
  create: connect,
}) as NativeConnectionClass & (abstract new (...args: never[]) => NativeConnection);
