/** The program's own test. */

import { expect, it } from 'vitest';
import { run } from './run.ts';

it('an order is approved, paid for and shipped', async () => {
  expect(await run()).toEqual({
    bought: ['waiting', 'approved by Ada', 'charged for 2 at attempt 2', 'shipped a book and a pen'],
    forgotten: 'NotApproved',
  });
});
