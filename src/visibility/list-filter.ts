/**
 * The list filter: text → AST. Pure. Temporal's grammar: comparisons of a field with literals, joined by AND, OR, NOT
 * and parentheses; behind them ORDER BY (lists) or GROUP BY (counts). Every refusal points at its column.
 */

import { invalidArgument } from '../../sdk/common/errors.ts';
import type { SearchAttributeType } from '../../sdk/common/search-attributes.ts';
import { activityField, byAddress, type ListedKind } from './activity-lists.ts';
import { type AttributeTypes, type Field, fieldNamed } from './fields.ts';
import { filterError, type Token, tokenize } from './filter-tokens.ts';
import { literalFor, type Value } from './filter-values.ts';

export type Comparison = '=' | '!=' | '>' | '>=' | '<' | '<=';

/** As in SQL, a comparison with a field that a run does not have is neither true nor false. */
export type Filter =
  | { kind: 'and' | 'or'; operands: Filter[] }
  | { kind: 'not'; operand: Filter }
  | { kind: 'compare'; field: Field; operator: Comparison; value: Value }
  | { kind: 'in'; field: Field; values: Value[]; negated: boolean }
  | { kind: 'between'; field: Field; low: Value; high: Value; negated: boolean }
  | { kind: 'isNull'; field: Field; negated: boolean }
  | { kind: 'startsWith'; field: Field; prefix: string; negated: boolean };

export interface OrderKey {
  field: Field;
  descending: boolean;
}
export interface ListQuery {
  /** Absent: of workflows. */
  kind?: ListedKind;
  /** Absent: every run. */
  filter?: Filter;
  orderBy: OrderKey[];
  groupBy?: Field;
}

export const MAX_LENGTH = 10_000;
export const MAX_CONDITIONS = 100;
export const MAX_DEPTH = 20;
const MAX_ORDER_KEYS = 5;
const KEYWORDS = new Set([
  'AND',
  'OR',
  'NOT',
  'IN',
  'IS',
  'NULL',
  'BETWEEN',
  'STARTS_WITH',
  'ORDER',
  'GROUP',
  'BY',
]);

const IN_ITS_PLACE =
  "STARTS_WITH 'prefix' finds keywords by how they begin, = 'words' finds texts that have one of the words";

type OperatorKind = 'equality' | 'order' | 'in' | 'startsWith';
const all: OperatorKind[] = ['equality', 'order', 'in'];
/** What each type can be asked, beside IS NULL. */
const operatorsOf: Record<SearchAttributeType, OperatorKind[]> = {
  KEYWORD: [...all, 'startsWith'],
  KEYWORD_LIST: ['equality', 'in'],
  TEXT: ['equality'],
  BOOL: ['equality'],
  INT: all,
  DOUBLE: all,
  DATETIME: all,
};

/**
 * @param custom the namespace's own search attributes
 * @throws ServiceError INVALID_ARGUMENT that gives the column of the text and what is wrong there
 */
export function parseListQuery(text: string, custom: AttributeTypes, kind?: ListedKind): ListQuery {
  if (kind !== 'activities') return parserOf(text, (name) => fieldNamed(name, custom)).query();
  return byAddress({ kind, ...parserOf(text, (name) => activityField(name, custom)).query() });
}

/**
 * A filter alone, over other fields than those of runs.
 * @throws ServiceError INVALID_ARGUMENT that gives the column of the text and what is wrong there
 */
export function parseFilter(text: string, fieldOf: FieldOf): Filter | undefined {
  return parserOf(text, fieldOf).filterAlone();
}

type FieldOf = (name: string) => Field | undefined;

function parserOf(text: string, fieldOf: FieldOf): Parser {
  if (text.length > MAX_LENGTH) throw invalidArgument(`query: longer than ${MAX_LENGTH} characters`);
  return new Parser(tokenize(text), fieldOf);
}

class Parser {
  readonly #tokens: Token[];
  readonly #fieldOf: FieldOf;
  #at = 0;
  #conditions = 0;
  #depth = 0;

  constructor(tokens: Token[], fieldOf: FieldOf) {
    this.#tokens = tokens;
    this.#fieldOf = fieldOf;
  }

  filterAlone(): Filter | undefined {
    const filter = this.#token.kind === 'end' ? undefined : this.#or();
    this.#expectEnd();
    return filter;
  }

  query(): Omit<ListQuery, 'kind'> {
    const bare = this.#token.kind === 'end' || this.#isWord('ORDER') || this.#isWord('GROUP');
    const filter = bare ? undefined : this.#or();
    const groupBy = this.#takeWord('GROUP') ? this.#groupBy() : undefined;
    const orderBy = this.#takeWord('ORDER') ? this.#orderBy() : [];
    this.#expectEnd();
    return { ...(filter && { filter }), orderBy, ...(groupBy && { groupBy }) };
  }

  #expectEnd(): void {
    const { kind, column, raw } = this.#token;
    if (kind !== 'end') throw filterError(column, `AND, OR or the end expected, not ${raw}`);
  }

  get #token(): Token {
    return this.#tokens[this.#at]!;
  }

  #take(): Token {
    const token = this.#token;
    if (token.kind !== 'end') this.#at++;
    return token;
  }

  #isWord(word: string): boolean {
    return this.#token.kind === 'name' && this.#token.value.toUpperCase() === word;
  }

  #takeWord(word: string): boolean {
    const there = this.#isWord(word);
    if (there) this.#at++;
    return there;
  }

  #expectWord(word: string): void {
    const { column, raw } = this.#token;
    if (!this.#takeWord(word)) throw filterError(column, `${word} expected, not ${raw}`);
  }

  #takeSymbol(symbol: string): boolean {
    const there = this.#token.kind === 'symbol' && this.#token.value === symbol;
    if (there) this.#at++;
    return there;
  }

  #expectSymbol(symbol: string): void {
    const { column, raw } = this.#token;
    if (!this.#takeSymbol(symbol)) throw filterError(column, `${symbol} expected, not ${raw}`);
  }

  #or(): Filter {
    const operands = [this.#and()];
    while (this.#takeWord('OR')) operands.push(this.#and());
    return operands.length === 1 ? operands[0]! : { kind: 'or', operands };
  }

  #and(): Filter {
    const operands = [this.#not()];
    while (this.#takeWord('AND')) operands.push(this.#not());
    return operands.length === 1 ? operands[0]! : { kind: 'and', operands };
  }

  #not(): Filter {
    const { column } = this.#token;
    if (++this.#depth > MAX_DEPTH) throw filterError(column, `nested deeper than ${MAX_DEPTH}`);
    try {
      if (this.#takeWord('NOT')) return { kind: 'not', operand: this.#not() };
      if (!this.#takeSymbol('(')) return this.#condition();
      const inner = this.#or();
      this.#expectSymbol(')');
      return inner;
    } finally {
      this.#depth--;
    }
  }

  #condition(): Filter {
    const { column } = this.#token;
    if (++this.#conditions > MAX_CONDITIONS)
      throw filterError(column, `more than ${MAX_CONDITIONS} conditions`);
    const field = this.#field();
    const operator = this.#token;
    if (this.#takeWord('IS')) {
      const negated = this.#takeWord('NOT');
      this.#expectWord('NULL');
      return { kind: 'isNull', field, negated };
    }
    const negated = this.#takeWord('NOT');
    if (this.#takeWord('IN')) return this.#in(field, operator, negated);
    if (this.#takeWord('BETWEEN')) return this.#between(field, operator, negated);
    if (this.#takeWord('STARTS_WITH')) return this.#startsWith(field, operator, negated);
    // Temporal knows none either, but it is what whoever knows SQL tries first.
    if (this.#isWord('LIKE'))
      throw filterError(this.#token.column, `there is no ${this.#token.raw}: ${IN_ITS_PLACE}`);
    if (negated)
      throw filterError(this.#token.column, `IN, BETWEEN or STARTS_WITH expected, not ${this.#token.raw}`);
    return this.#compare(field);
  }

  #compare(field: Field): Filter {
    const token = this.#take();
    const { column, raw } = token;
    const operator = raw === '<>' ? '!=' : raw;
    if (token.kind !== 'symbol' || !['=', '!=', '>', '>=', '<', '<='].includes(operator))
      throw filterError(column, `an operator expected behind ${field.name}, not ${raw}`);
    this.#allow(field, operator === '=' || operator === '!=' ? 'equality' : 'order', token);
    return { kind: 'compare', field, operator: operator as Comparison, value: this.#literal(field) };
  }

  #in(field: Field, operator: Token, negated: boolean): Filter {
    this.#allow(field, 'in', operator);
    this.#expectSymbol('(');
    const values = [this.#literal(field)];
    while (this.#takeSymbol(',')) values.push(this.#literal(field));
    this.#expectSymbol(')');
    return { kind: 'in', field, values, negated };
  }

  #between(field: Field, operator: Token, negated: boolean): Filter {
    this.#allow(field, 'order', operator);
    const low = this.#literal(field);
    this.#expectWord('AND');
    return { kind: 'between', field, low, high: this.#literal(field), negated };
  }

  #startsWith(field: Field, operator: Token, negated: boolean): Filter {
    this.#allow(field, 'startsWith', operator);
    return { kind: 'startsWith', field, prefix: this.#literal(field) as string, negated };
  }

  #allow({ name, type }: Field, kind: OperatorKind, operator: Token): void {
    const status = name === 'ExecutionStatus' && kind !== 'equality' && kind !== 'in';
    if (status || !operatorsOf[type].includes(kind))
      throw filterError(
        operator.column,
        `${operator.raw} cannot be asked of ${name}, which is ${status ? 'a status' : type}`,
      );
  }

  #literal(field: Field): Value {
    return literalFor(field, this.#take());
  }

  #field(): Field {
    const token = this.#take();
    const { kind, value, column, raw } = token;
    const isName =
      kind === 'quotedName' || kind === 'text' || (kind === 'name' && !KEYWORDS.has(value.toUpperCase()));
    if (!isName) throw filterError(column, `the name of a field expected, not ${raw}`);
    const field = this.#fieldOf(value);
    if (field) return field;
    throw Object.assign(filterError(column, `there is no search attribute ${value}`), {
      unknownField: value,
    });
  }

  #orderBy(): OrderKey[] {
    this.#expectWord('BY');
    const keys: OrderKey[] = [];
    do {
      const { column } = this.#token;
      const field = this.#field();
      if (field.type === 'TEXT' || field.type === 'KEYWORD_LIST')
        throw filterError(column, `cannot order by ${field.name}, which is ${field.type}`);
      const descending = this.#takeWord('DESC');
      if (!descending) this.#takeWord('ASC');
      keys.push({ field, descending });
      if (keys.length > MAX_ORDER_KEYS)
        throw filterError(column, `more than ${MAX_ORDER_KEYS} fields to order by`);
    } while (this.#takeSymbol(','));
    return keys;
  }

  #groupBy(): Field {
    this.#expectWord('BY');
    const { column } = this.#token;
    const field = this.#field();
    if (field.type !== 'KEYWORD' && field.type !== 'INT' && field.type !== 'BOOL')
      throw filterError(column, `cannot group by ${field.name}, which is ${field.type}`);
    return field;
  }
}

/** The field that a refusal says there is none of: its asker may not know all. */
export function unknownFieldOf(error: unknown): string | undefined {
  return (error as { unknownField?: string }).unknownField;
}
