import type { InjectedSinks } from '@temporalio/worker';
import type { AuditSinks } from './workflows';

export const sinks = (print: (text: string) => void): InjectedSinks<AuditSinks> => ({
  audit: {
    write: {
      fn(info, text) {
        print(`${info.workflowType}: ${text}`);
      },
      callDuringReplay: false,
    },
  },
});
