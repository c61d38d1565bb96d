import { Client } from '@temporalio/client';
import { logSample } from './workflows';

new Client().workflow
  .execute(logSample, { taskQueue: 'custom-logger', workflowId: `logger-${Date.now()}` })
  .then((greeting) => {
    if (greeting !== 'Hello, Temporal!') throw new Error(greeting);
  })
  .catch((err) => {
    console.error(err);
    process.exit(1);
  });
