/** What both sides of JS RPC have to know of the platform. */

/**
 * The longest text of one message, in characters: the platform takes 32 MiB, and a single character beyond Latin-1 makes
 * each of a text's characters take two bytes.
 */
export const LONGEST_RPC_TEXT = 14 * 1024 * 1024;

/** A text that may be too long for one message goes in UTF-8. */
export type RpcText = string | Uint8Array;

export const toRpcText = (text: string): RpcText =>
  text.length > LONGEST_RPC_TEXT ? new TextEncoder().encode(text) : text;

export const fromRpcText = (sent: RpcText): string =>
  typeof sent === 'string' ? sent : new TextDecoder().decode(sent);

/** During a deployment the other side may be of the version before: it was reached, and nothing has happened. */
export function lacksMethod(error: unknown, method?: string): boolean {
  const [, named] = /does not implement the method "([^"]*)"/.exec(String(error)) ?? [];
  return named !== undefined && (method === undefined || method === named);
}
