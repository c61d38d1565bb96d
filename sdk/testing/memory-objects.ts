/** The objects of workflows in an engine in memory. */

import { ExecutionObject } from '../../src/execution/execution-object.ts';
import { decodeRow, historyEvents } from '../../src/execution/log.ts';
import { MemoryStore } from '../../src/execution/memory-store.ts';
import type { InternalRequestKind, Outside } from '../../src/execution/outside.ts';
import type { Commit, ExecutionStore } from '../../src/execution/store.ts';
import { ServiceError } from '../common/errors.ts';
import { historyEventName } from '../common/history.ts';
import { parseExecutionObjectName } from '../common/ids.ts';
import type { Replies, Request, ServiceRequests } from '../common/service.ts';
import { hardOutside } from './hard-outside.ts';
import { type Hard, type Life, type MemoryClass, MemoryLives } from './memory-lives.ts';

/** Requests without an id that end something. */
const ENDING = /^(?:DeleteWorkflowExecution|RespondActivityTask)/;

export interface MemoryObjectsPorts extends Pick<Hard<ExecutionObject>, 'hardships' | 'keep'> {
  outside(namespace: string): Outside;
  alarmSet(): void;
  /** Behind each commit of an object, before anybody learns of it. */
  committed(name: string, commit: Commit): void;
}

export class MemoryObjects extends MemoryLives<MemoryStore, ExecutionObject> {
  constructor(ports: MemoryObjectsPorts) {
    const of: MemoryClass<MemoryStore, ExecutionObject> = {
      store: () => new MemoryStore(),
      born: (name, store, life) => {
        const { namespace, workflowId } = parseExecutionObjectName(name);
        const given = ports.outside(namespace);
        const outside = livingOutside(ports.hardships.any ? hardOutside(given, life) : given, life);
        return new ExecutionObject(namespace, workflowId, fenced(name, store, life, ports), outside);
      },
    };
    // As when a Worker turns up: all that is owed is tried again.
    super(of, { ...ports, mend: (object) => object.workerAppeared() });
  }

  /** What one object asks of another. */
  internal<K extends InternalRequestKind>(name: string, request: Request<K>): Promise<Replies[K]> {
    return this.ask(name, (object, life) => life.busyWith(object.internal(request)));
  }

  /**
   * A request that changes the object. One without an id that was carried out before the object died is refused when it
   * is repeated, because what it wanted to end has ended: it was this very request that did it. A termination gets one.
   */
  async request<K extends keyof ServiceRequests>(name: string, given: Request<K>): Promise<Replies[K]> {
    let sent = 0;
    const requestId = crypto.randomUUID();
    const request = given.kind === 'TerminateWorkflowExecution' ? { requestId, ...given } : given;
    return this.ask(name, async (object, life) => {
      sent++;
      try {
        return await life.busyWith(object.request(request));
      } catch (error) {
        const done = sent > 1 && ENDING.test(request.kind) && error instanceof ServiceError;
        if (done && error.code === 'NOT_FOUND') return {} as Replies[K];
        throw error;
      }
    });
  }
}

function fenced(name: string, store: MemoryStore, life: Life, ports: MemoryObjectsPorts): ExecutionStore {
  return {
    lastSeq: (runNumber) => store.lastSeq(runNumber),
    rows: (from, to) => store.rows(from, to),
    snapshot: () => store.snapshot(),
    progress: () => store.progress(),
    hasPayload: (...args) => store.hasPayload(...args),
    payload: (...args) => store.payload(...args),
    commit: (commit) =>
      life.commit(
        () => store.commit(commit),
        () => {
          if (commit.alarm !== undefined) ports.alarmSet();
          ports.committed(name, commit);
        },
      ),
  };
}

/** The world as long as the object lives. */
function livingOutside(outside: Outside, life: Life): Outside {
  const { permits } = outside;
  return {
    ...outside,
    ...(permits && {
      permits: {
        peek: permits.peek,
        look: (...args) => life.unlessOver(() => permits.look(...args)),
        ask: (...args) => life.unlessOver(() => permits.ask(...args)),
        giveBack: (...args) => life.unlessOver(() => permits.giveBack(...args)),
      },
    }),
    peekWorkflowWorker: (...args) => (life.over ? undefined : outside.peekWorkflowWorker(...args)),
    peekActivityWorker: (...args) => (life.over ? undefined : outside.peekActivityWorker(...args)),
    findWorkflowWorker: (...args) => life.unlessOver(() => outside.findWorkflowWorker(...args)),
    findActivityWorker: (...args) => life.unlessOver(() => outside.findActivityWorker(...args)),
    recordVisibility: (record) => life.unlessOver(() => outside.recordVisibility(record)),
    removeVisibility: (run) => life.unlessOver(() => outside.removeVisibility(run)),
    chainResult: (...args) => life.unlessOver(() => outside.chainResult(...args)),
    callExecution: (...args) => life.unlessOver(() => outside.callExecution(...args)),
    keepAlive: (promise) => {
      if (!life.over) outside.keepAlive(Promise.race([life.busyWith(promise), life.ended]));
    },
  };
}

/** What a commit is about, for people. */
export function placeOfCommit(objectName: string, { rows }: Commit): string {
  const { workflowId } = parseExecutionObjectName(objectName);
  const last = historyEvents(rows.flatMap(decodeRow)).at(-1);
  const event = last ? `event ${last.eventId}, ${historyEventName(last.eventType)}` : 'no new event';
  return `workflow ${workflowId}, ${event}`;
}
