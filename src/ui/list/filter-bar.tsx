/** Above the list: how many runs there are of each status, the filter, and a builder that writes it. */

import { useEffect, useId, useState } from 'preact/hooks';
import { Icon } from '../components/icon.tsx';
import { RUN_STATUSES } from '../status.ts';
import { Builder } from './builder.tsx';
import { both, queryFrom, statusOf, withStatus } from './filter.ts';
import { isStuckFilter, withStuck } from './progress.ts';

interface FilterBarProps {
  namespace: string;
  query: string;
  onQuery(query: string): void;
  counts: Record<string, number> | undefined;
  /** How many of them do not go on by themselves. */
  stuck: number | undefined;
  /** What the engine says against the filter. */
  error?: string;
}

export function FilterBar({ namespace, query, onQuery, counts, stuck, error }: FilterBarProps) {
  const [text, setText] = useState(query);
  const [building, setBuilding] = useState(false);
  const errorId = useId();
  useEffect(() => setText(query), [query]);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    onQuery(queryFrom(text));
  };
  return (
    <section class="filter" aria-label="Filter">
      <StatusChips query={query} onQuery={onQuery} counts={counts} stuck={stuck} />
      <form class="filter-box" onSubmit={submit}>
        <Icon name="search" />
        <input
          aria-label="Filter, or a workflow ID"
          aria-invalid={error !== undefined}
          aria-describedby={error ? errorId : undefined}
          placeholder="Workflow ID, or a filter: WorkflowType = 'moneyTransfer' AND …"
          value={text}
          spellcheck={false}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        {query !== '' && (
          <button type="button" class="icon-button" aria-label="Clear the filter" onClick={() => onQuery('')}>
            <Icon name="close" />
          </button>
        )}
        <button
          type="button"
          class="button small"
          aria-expanded={building}
          onClick={() => setBuilding(!building)}
        >
          <Icon name="plus" /> Condition
        </button>
      </form>
      {building && <Builder namespace={namespace} onAdd={(condition) => onQuery(both(query, condition))} />}
      {error && (
        <p id={errorId} class="field-error" role="alert">
          {error}
        </p>
      )}
    </section>
  );
}

type ChipsProps = Pick<FilterBarProps, 'query' | 'onQuery' | 'counts' | 'stuck'>;

function StatusChips({ query, onQuery, counts, stuck = 0 }: ChipsProps) {
  const onlyStuck = isStuckFilter(query);
  const selected = statusOf(query);
  const total = counts && Object.values(counts).reduce((sum, count) => sum + count, 0);
  // biome-ignore format: one line a chip
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is drawn as a box
    <div class="chips" role="group" aria-label="Status">
      <button type="button" class="chip" aria-pressed={selected === undefined} onClick={() => onQuery(withStatus(query, undefined))}>
        All <b>{total?.toLocaleString('en') ?? ''}</b>
      </button>
      {RUN_STATUSES.filter(({ name }) => name === selected || (counts?.[name] ?? 0) > 0).map(({ name, label, tone }) => (
        <button key={name} type="button" class={`chip tone-${tone}`} aria-pressed={name === selected} onClick={() => onQuery(withStatus(query, name === selected ? undefined : name))}>
          <span class="dot" aria-hidden="true" />
          {label} <b>{counts?.[name]?.toLocaleString('en') ?? ''}</b>
        </button>
      ))}
      {(stuck > 0 || onlyStuck) && (
        <button type="button" class="chip tone-failed" aria-pressed={onlyStuck} title="Their workflow task fails, or no Worker takes their tasks" onClick={() => onQuery(withStuck(query, !onlyStuck))}>
          <Icon name="task" size={14} />
          Stuck <b>{stuck.toLocaleString('en')}</b>
        </button>
      )}
    </div>
  );
}
