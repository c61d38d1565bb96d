import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { AnswerStore } from '../../sdk/worker/answers.ts';
import { activityTask } from './support.ts';

const answer = (size: number) => ({ completed: { result: { payloads: [{ data: 'A'.repeat(size) }] } } });

describe('the store of answers', () => {
  it('counts an attempt that was executed again once, and keeps the others', () => {
    const store = new AnswerStore();
    const other = activityTask({ dispatchId: 'other' });
    store.add(other, answer(1), 0);
    for (let i = 0; i < 100; i++) store.add(activityTask({ dispatchId: 'again' }), answer(1024 * 1024), i);
    expect(store.get('other', 100)).toBeDefined();
    expect(store.since(0)).toHaveLength(2);
  });

  it('holds on to no answer that it has forgotten, nor to one in whose place there is another', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const store = new AnswerStore();
    const made: Array<WeakRef<object>> = [];
    const add = (dispatchId: string): void => {
      const large = answer(4 * 1024 * 1024);
      made.push(new WeakRef(large));
      store.add(activityTask({ dispatchId }), large, 0);
    };
    const held = async (): Promise<number> => {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
      return made.filter((one) => one.deref()).length;
    };
    for (let i = 0; i < 40; i++) add(`${i}`);
    expect(await held()).toBe(store.since(0).length);
    for (let i = 0; i < 40; i++) add('again');
    expect(await held()).toBe(store.since(0).length);
    expect(store.since(0).length).toBeGreaterThan(10);
  });
});
