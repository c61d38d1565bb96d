import { expect, it } from 'vitest';
import { keptAlive } from '../../src/effects/kept-alive.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

function world() {
  const waits: Array<{ over: boolean }> = [];
  const keepAlive = keptAlive((promise) => {
    const wait = { over: false };
    waits.push(wait);
    void promise.then(() => {
      wait.over = true;
    });
  });
  return { waits, keepAlive };
}

it('waits once for what is under way together, until the last of it has ended', async () => {
  const { waits, keepAlive } = world();
  const [first, second, third] = [1, 2, 3].map(() => Promise.withResolvers<void>());
  keepAlive(first!.promise);
  keepAlive(second!.promise);
  first!.resolve();
  await settled();
  expect(waits).toEqual([{ over: false }]);
  second!.resolve();
  await settled();
  expect(waits).toEqual([{ over: true }]);
  keepAlive(third!.promise);
  expect(waits).toEqual([{ over: true }, { over: false }]);
  third!.resolve();
  await settled();
  expect(waits).toEqual([{ over: true }, { over: true }]);
});

it('ends with work that fails too, and the platform hears of that', async () => {
  const heard: unknown[] = [];
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', (error) => heard.push(error));
  try {
    const { waits, keepAlive } = world();
    keepAlive(Promise.reject(new Error('lost')));
    await settled();
    expect(waits).toEqual([{ over: true }]);
    expect(heard).toEqual([new Error('lost')]);
  } finally {
    process.removeAllListeners('unhandledRejection');
    for (const other of others) process.on('unhandledRejection', other);
  }
});
