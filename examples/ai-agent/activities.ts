/** The model and its tools: here, made up. The model is a few rules, so that the example needs no key and says the same each time. */

import { ApplicationFailure } from 'perdure/activity';
import type { Message, Reply, ToolCall } from './shared.ts';

/** One call of the model, with the whole conversation. A real one would be an HTTP request. */
export async function think(messages: Message[]): Promise<Reply> {
  const answered = new Map(messages.flatMap(({ callId, text }) => (callId ? [[callId, text]] : [])));
  const wanted = messages.flatMap(({ role, text }) => (role === 'user' ? callsFor(text) : []));
  const calls = wanted.filter(({ id }) => !answered.has(id));
  if (calls.length > 0) return { calls };
  if (wanted.length === 0) return { answer: 'I can look up the weather in a city, and refund an order.' };
  return { answer: wanted.map(({ id }) => `${id}: ${answered.get(id)}`).join('; ') };
}

function callsFor(text: string): ToolCall[] {
  const cities = [...text.matchAll(/weather in (\w+)/gi)].map((match) => match[1]!);
  const orders = [...text.matchAll(/refund (?:order )?(\w+)/gi)].map((match) => match[1]!);
  return [
    ...cities.map((city): ToolCall => ({ id: `weather-${city}`, tool: 'weather', input: { city } })),
    ...orders.map((order): ToolCall => ({ id: `refund-${order}`, tool: 'refund', input: { order } })),
  ];
}

export async function weather({ city }: Record<string, string>): Promise<string> {
  if (city === 'Atlantis') throw ApplicationFailure.nonRetryable('there is no Atlantis', 'NotFound');
  return `${12 + city!.length} degrees in ${city}`;
}

/** The order makes it one refund, however often it is asked for. */
export async function refund({ order }: Record<string, string>): Promise<string> {
  return `refunded order ${order}`;
}
