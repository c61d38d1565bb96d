/** Where a text stops being JSON. Runs only for texts that `JSON.parse` refused, to tell people where to look. */

export interface TextPosition {
  /** From 1. */
  line: number;
  /** From 1. */
  column: number;
  /** What stands there, or `end of text`. */
  found: string;
}

type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'comma or end' | 'nothing';

const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

export function locateJsonError(text: string): TextPosition {
  const open: string[] = [];
  let expected: Expected = 'value';
  let at = 0;
  const afterValue = (): Expected => (open.length === 0 ? 'nothing' : 'comma or end');
  for (;;) {
    while (' \t\n\r'.includes(text[at] ?? 'x')) at++;
    const c = text[at];
    if (c === undefined) return describe(text, at);
    const isValue: boolean = expected === 'value' || expected === 'value or ]';
    const isKey: boolean = expected === 'key' || expected === 'key or }';
    if (isValue && (c === '[' || c === '{')) {
      open.push(c);
      expected = c === '[' ? 'value or ]' : 'key or }';
      at++;
    } else if ((isValue || isKey) && c === '"') {
      const end = stringEnd(text, at);
      if (end.error) return describe(text, end.at);
      at = end.at;
      expected = isKey ? 'colon' : afterValue();
    } else if (closes(c, open.at(-1), expected)) {
      open.pop();
      expected = afterValue();
      at++;
    } else if (expected === 'colon' && c === ':') {
      expected = 'value';
      at++;
    } else if (expected === 'comma or end' && c === ',') {
      expected = open.at(-1) === '[' ? 'value' : 'key';
      at++;
    } else {
      const end = isValue ? matchEnd(SCALAR, text, at) : undefined;
      if (end === undefined) return describe(text, at);
      at = end;
      expected = afterValue();
    }
  }
}

function closes(c: string, open: string | undefined, expected: Expected): boolean {
  if (c === ']') return open === '[' && (expected === 'value or ]' || expected === 'comma or end');
  return c === '}' && open === '{' && (expected === 'key or }' || expected === 'comma or end');
}

function stringEnd(text: string, start: number): { at: number; error?: true } {
  for (let at = start + 1; at < text.length; ) {
    if (text[at] === '"') return { at: at + 1 };
    if (text.charCodeAt(at) < 0x20) return { at, error: true };
    if (text[at] === '\\') {
      const end = matchEnd(ESCAPE, text, at);
      if (end === undefined) return { at, error: true };
      at = end;
    } else at++;
  }
  return { at: text.length, error: true };
}

function matchEnd(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

function describe(text: string, at: number): TextPosition {
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  const column = at - before.lastIndexOf('\n');
  return { line, column, found: at >= text.length ? 'end of text' : JSON.stringify(text[at]) };
}
