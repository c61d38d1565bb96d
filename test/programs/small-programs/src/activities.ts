import { ApplicationFailure, Context } from '@temporalio/activity';

export async function sendEmail(to: string, text: string): Promise<string> {
  return `${text} → ${to}`;
}
export async function flaky(key: string): Promise<string> {
  const { attempt } = Context.current().info;
  if (attempt < 4)
    throw ApplicationFailure.create({ message: `${key} is not ready`, nextRetryDelay: '1 minute' });
  return `${key} after ${attempt}`;
}
export async function payWithError(kind: string): Promise<void> {
  if (kind === 'plain') throw new TypeError('plain error');
  if (kind === 'details')
    throw ApplicationFailure.nonRetryable('declined', 'CardDeclined', { code: 17 }, 'x');
  throw ApplicationFailure.fromError(new RangeError('wrapped'), { nonRetryable: true, type: 'Wrapped' });
}
