import { Worker } from '@temporalio/worker';
import { options } from './make-worker';
import { bus } from './store';

bus.on('publish', (m) => console.log(JSON.stringify(m)));
Worker.create({ taskQueue: 'query-subscriptions', ...options })
  .then((w) => w.run())
  .catch((e) => {
    console.error(e);
    process.exit(1);
  });
