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
});
