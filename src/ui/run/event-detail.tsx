/** Everything that an event, or an item made of events, says. */

import type { Failure } from '../../../sdk/common/failure.ts';
import type { HistoryEvent } from '../../../sdk/common/history.ts';
import type { PayloadJson } from '../../../sdk/common/payload.ts';
import { Facts } from '../components/basics.tsx';
import { Icon } from '../components/icon.tsx';
import { Code, FailureView, PayloadMap, Payloads } from '../components/value.tsx';
import { dateTime, duration, sentence, timeMs, words } from '../format.ts';
import { eventAttributes, eventTitle } from '../history/event.ts';
import type { Item } from '../history/items.ts';
import { href } from '../router.ts';
import { resetPoint } from './reset-dialog.tsx';

type Fields = { fields?: Record<string, PayloadJson>; indexedFields?: Record<string, PayloadJson> };

function attribute(name: string, value: unknown) {
  if (name.toLowerCase().endsWith('failure')) return <FailureView failure={value as Failure} />;
  if (typeof value !== 'object' || value === null)
    return <span class="mono wrap">{scalar(name, value)}</span>;
  const { payloads } = value as { payloads?: PayloadJson[] };
  if (Array.isArray(payloads)) return <Payloads payloads={payloads} label={name} />;
  const { fields, indexedFields } = value as Fields;
  if (fields ?? indexedFields) return <PayloadMap fields={fields ?? indexedFields} label={name} />;
  const named = nameOf(value);
  if (named !== undefined) return <span class="mono wrap">{named}</span>;
  return <Code text={JSON.stringify(value, null, 2)} label={name} />;
}

/** Of a type or an ordinary task queue, only the name is worth words. */
function nameOf(value: object): string | undefined {
  const { name, kind, ...rest } = value as { name?: unknown; kind?: unknown };
  const ordinary = kind === undefined || kind === 'TASK_QUEUE_KIND_NORMAL';
  return typeof name === 'string' && ordinary && Object.keys(rest).length === 0 ? name : undefined;
}

/** `PARENT_CLOSE_POLICY_TERMINATE` of the parent close policy is just `Terminate`. */
function scalar(name: string, value: unknown): string {
  const text = String(value);
  const prefix = `${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}_`;
  return /^[A-Z]+(_[A-Z]+)+$/.test(text) ? words(text, prefix) : text;
}

/** Absent in all but name. */
const isEmpty = (value: unknown): boolean => value === '' || value === '0s' || value === undefined;

export function EventDetail({ event, open = true }: { event: HistoryEvent; open?: boolean }) {
  const attributes = Object.entries(eventAttributes(event)).filter(([, value]) => !isEmpty(value));
  const time = timeMs(event.eventTime) ?? 0;
  return (
    <details class="event-detail" open={open}>
      <summary>
        <span class="mono dim">{event.eventId}</span> {eventTitle(event)}
        <span class="dim">{dateTime(time, true)}</span>
      </summary>
      <Facts rows={attributes.map(([name, value]) => [sentence(name), attribute(name, value)])} />
    </details>
  );
}

interface ItemDetailProps {
  item: Item;
  namespace: string;
  now: number;
  onClose(): void;
  /** Absent: one may not. */
  onReset?(eventId: string): void;
}

export function ItemDetail({ item, namespace, now, onClose, onReset }: ItemDetailProps) {
  const { kind, title, detail, status, startTime, startedTime, endTime, attempt, failure, workflow } = item;
  const waited = (startedTime ?? endTime ?? now) - startTime;
  const ran = startedTime === undefined ? undefined : (endTime ?? now) - startedTime;
  const moment = status === 'instant';
  const task = onReset && resetPoint(item);
  return (
    <aside class="detail" aria-label={`${title}, details`}>
      <header>
        <Icon name={kind} size={18} />
        <h2 class="wrap">{title}</h2>
        <span class={`badge tone-${status}`}>
          {moment ? kind : words(status === 'timedout' ? 'timed_out' : status)}
        </span>
        <button type="button" class="icon-button" aria-label="Close the details" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <div class="detail-body">
        <Facts
          rows={[
            ['', detail && <span class="wrap">{detail}</span>],
            [moment ? 'Time' : 'Began', dateTime(startTime)],
            ['Attempt', attempt && attempt > 1 ? attempt : undefined],
            ['Waited', !moment && kind !== 'timer' && kind !== 'workflow' ? duration(waited) : undefined],
            [endTime === undefined ? 'Runs for' : 'Ran for', ran !== undefined ? duration(ran) : undefined],
            ['Took', !moment && endTime !== undefined ? duration(endTime - startTime) : undefined],
            [
              'Workflow',
              workflow && (
                <a
                  class="mono wrap"
                  href={href([
                    namespace,
                    'workflows',
                    workflow.workflowId,
                    ...(workflow.runId ? [workflow.runId] : []),
                  ])}
                >
                  {workflow.workflowId}
                </a>
              ),
            ],
          ]}
        />
        {failure && (
          <section>
            <h3>{endTime === undefined || status === 'completed' ? 'Last failure' : 'Failure'}</h3>
            <FailureView failure={failure} />
          </section>
        )}
        {task && (
          <button type="button" class="button" onClick={() => onReset(task)}>
            Reset to before this
          </button>
        )}
        {item.events.length > 0 && <h3>Events</h3>}
        {item.events.map((event) => (
          <EventDetail key={event.eventId} event={event} open={item.events.length < 4} />
        ))}
      </div>
    </aside>
  );
}
