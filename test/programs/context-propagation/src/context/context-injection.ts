import { AsyncLocalStorage } from 'node:async_hooks';
import type { PropagatedContext } from './context-type';

const storage = new AsyncLocalStorage<PropagatedContext>();

export const withContext = <R>(extra: PropagatedContext, fn: () => R): R =>
  storage.run({ ...storage.getStore(), ...extra }, fn);
export const getContext = (): PropagatedContext => storage.getStore() ?? {};
