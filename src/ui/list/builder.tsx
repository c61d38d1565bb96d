/** Writes a condition: field, operator, value. Fields are those that the namespace has. */

import { useState } from 'preact/hooks';
import { searchAttributes } from '../engine.ts';
import { usePolled } from '../poll.ts';
import { RUN_STATUSES, runStatus } from '../status.ts';
import { conditionText, inputType, operatorsOf, takesValue } from './condition.ts';
import { STATUS_NAMES } from './filter.ts';

/** First in the list: what people ask for most. */
const COMMON = [
  'WorkflowType',
  'ExecutionStatus',
  'WorkflowId',
  'TaskQueue',
  'StartTime',
  'WaitingOn',
  'LastFailure',
];

interface BuilderProps {
  namespace: string;
  onAdd(condition: string): void;
}

export function Builder({ namespace, onAdd }: BuilderProps) {
  const known = usePolled(`attributes ${namespace}`, (signal) => searchAttributes(namespace, signal)).data;
  const [field, setField] = useState('WorkflowType');
  const [operator, setOperator] = useState('=');
  const [value, setValue] = useState('');
  const types = { ...known?.systemAttributes, ...known?.customAttributes };
  const type = types[field];
  const complete = !takesValue(operator) || value !== '';
  const add = (event: SubmitEvent): void => {
    event.preventDefault();
    if (!complete) return;
    onAdd(conditionText(field, type, operator, value));
    setValue('');
  };
  const choose = (name: string): void => {
    setField(name);
    setOperator(operatorsOf(types[name])[0]!);
    setValue('');
  };
  const others = Object.keys(known?.systemAttributes ?? {}).filter((name) => !COMMON.includes(name));
  const groups: Array<[string, readonly string[]]> = [
    ['Common', COMMON],
    ['Custom', Object.keys(known?.customAttributes ?? {})],
    ['More', others],
  ];
  return (
    <form class="builder" onSubmit={add}>
      <select aria-label="Field" value={field} onChange={(event) => choose(event.currentTarget.value)}>
        {groups
          .filter(([, names]) => names.length > 0)
          .map(([label, names]) => (
            <optgroup key={label} label={label}>
              {[...names].map((name) => (
                <option key={name}>{name}</option>
              ))}
            </optgroup>
          ))}
      </select>
      <select
        aria-label="Operator"
        value={operator}
        onChange={(event) => setOperator(event.currentTarget.value)}
      >
        {operatorsOf(type).map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
      {takesValue(operator) && <Value field={field} type={type} value={value} onValue={setValue} />}
      <button type="submit" class="button small" disabled={!complete}>
        Add
      </button>
    </form>
  );
}

interface ValueProps {
  field: string;
  type: string | undefined;
  value: string;
  onValue(value: string): void;
}

function Value({ field, type, value, onValue }: ValueProps) {
  const choices =
    field === 'ExecutionStatus'
      ? STATUS_NAMES.map((name) => [
          name,
          runStatus(RUN_STATUSES.find((one) => one.name === name)?.wire).label,
        ])
      : type?.endsWith('_BOOL')
        ? [
            ['true', 'true'],
            ['false', 'false'],
          ]
        : undefined;
  if (!choices)
    return (
      <input
        aria-label="Value"
        type={inputType(type)}
        step="any"
        value={value}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
    );
  return (
    <select aria-label="Value" value={value} onChange={(event) => onValue(event.currentTarget.value)}>
      <option value="">Choose…</option>
      {choices.map(([name, label]) => (
        <option key={name} value={name}>
          {label}
        </option>
      ))}
    </select>
  );
}
