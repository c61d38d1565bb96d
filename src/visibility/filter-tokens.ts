/** The list filter's words: names, texts, numbers, symbols, each with the column it begins at. */

import { invalidArgument, type ServiceError } from '../../sdk/common/errors.ts';

export interface Token {
  /** `quotedName`: in backticks, never a keyword. `text`: in single or double quotes. */
  kind: 'name' | 'quotedName' | 'text' | 'number' | 'symbol' | 'end';
  /** Without quotes, escapes resolved. */
  value: string;
  /** As written, for messages. */
  raw: string;
  /** From 1. */
  column: number;
}

export function filterError(column: number, problem: string): ServiceError {
  return invalidArgument(`query, column ${column}: ${problem}`);
}

const QUOTED = /'(?:[^'\\]|''|\\[\s\S])*'|"(?:[^"\\]|""|\\[\s\S])*"/y;
const BACKTICKS = /`([^`]+)`/y;
const NAME = /[A-Za-z_][A-Za-z0-9_.]*/y;
const NUMBER = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![A-Za-z0-9_])/y;
const SYMBOL = /<=|>=|!=|<>|[^\s]/y;

/** @throws ServiceError INVALID_ARGUMENT for a quote that is not closed. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    while (at < text.length && /\s/.test(text[at]!)) at++;
    const column = at + 1;
    if (at >= text.length) {
      tokens.push({ kind: 'end', value: '', raw: 'the end', column });
      return tokens;
    }
    const token = read(text, at);
    tokens.push({ ...token, column });
    at += token.raw.length;
  }
}

function read(text: string, at: number): Omit<Token, 'column'> {
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  const quoted = match(QUOTED)?.[0];
  if (quoted !== undefined) return { kind: 'text', value: unquote(quoted), raw: quoted };
  const backticks = match(BACKTICKS);
  if (backticks) return { kind: 'quotedName', value: backticks[1]!, raw: backticks[0] };
  if (['"', "'", '`'].includes(text[at]!)) throw filterError(at + 1, `the quote ${text[at]} is not closed`);
  const name = match(NAME)?.[0];
  if (name !== undefined) return { kind: 'name', value: name, raw: name };
  const number = match(NUMBER)?.[0];
  if (number !== undefined) return { kind: 'number', value: number, raw: number };
  const [symbol] = match(SYMBOL)!;
  return { kind: 'symbol', value: symbol, raw: symbol };
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', '0': '\0', Z: '\x1a' };

/** As in SQL: a doubled quote is one, a backslash takes what follows it. */
function unquote(raw: string): string {
  const quote = raw[0]!;
  return raw
    .slice(1, -1)
    .replace(/\\([\s\S])|''|""/g, (pair, escaped: string | undefined) =>
      escaped !== undefined ? (ESCAPES[escaped] ?? escaped) : pair[0] === quote ? quote : pair,
    );
}
