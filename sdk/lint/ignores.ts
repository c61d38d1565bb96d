/** `// perdure-lint-ignore RULE[, RULE] [-- reason]`: on the line that it is about, or alone on the line before. */

import { type Finding, rules } from './rules.ts';

interface Ignore {
  /** Where the comment stands in the text. */
  at: number;
  /** The line that it is about, from 1. */
  line: number;
  rule: string;
  used: boolean;
}

export interface Ignores {
  isIgnored(finding: Finding): boolean;
  /** Call it last. */
  unused(): Array<{ at: number; message: string }>;
}

const COMMENT = /\/\/[ \t]*perdure-lint-ignore\b[ \t]*(.*)$/gm;

export function ignoresOf(text: string): Ignores {
  const all = [...text.matchAll(COMMENT)].flatMap((match): Ignore[] => {
    const before = text.slice(0, match.index);
    const own = before.slice(before.lastIndexOf('\n') + 1).trim() === '';
    const line = before.split('\n').length + (own ? 1 : 0);
    const names = match[1]!
      .replace(/\s--.*|^--.*/, '')
      .split(/[\s,]+/)
      .filter(Boolean);
    return (names.length > 0 ? names : ['']).map((rule) => ({ at: match.index, line, rule, used: false }));
  });
  return {
    isIgnored({ line, rule }) {
      const ignore = all.find((one) => one.line === line && one.rule === rule);
      if (ignore) ignore.used = true;
      return ignore !== undefined;
    },
    unused: () => all.filter(({ used }) => !used).map(({ at, rule }) => ({ at, message: complaint(rule) })),
  };
}

function complaint(rule: string): string {
  if (rule === '') return 'This ignores nothing: name the rules';
  return rule in rules ? `${rule} finds nothing here` : `There is no rule ${rule}`;
}
