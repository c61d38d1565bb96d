import {
  activityInfo,
  CompleteAsyncError,
  Context,
  cancellationSignal,
  heartbeat,
  log,
  sleep,
} from '@temporalio/activity';
import { Client, Connection } from '@temporalio/client';

export async function makeHTTPRequest(url: string): Promise<string> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  return ((await answer.json()) as { args: { answer: string } }).args.answer;
}

export async function cancellableFetch(url: string): Promise<Uint8Array> {
  const response = await fetch(url, { signal: Context.current().cancellationSignal });
  const contentLength = Number(response.headers.get('Content-Length'));
  let bytesRead = 0;
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body!) {
    bytesRead += chunk.length;
    chunks.push(chunk);
    Context.current().heartbeat(bytesRead / contentLength);
  }
  return Buffer.concat(chunks);
}

export async function doSomethingAsync(): Promise<string> {
  const { taskToken } = activityInfo();
  setTimeout(() => void doSomeWork(taskToken).catch(console.error), 200);
  throw new CompleteAsyncError();
}

async function doSomeWork(taskToken: Uint8Array): Promise<void> {
  const connection = await Connection.connect();
  const client = new Client({ connection });
  await client.activity.complete(taskToken, "Job's done!");
  await connection.close();
}

export async function fakeProgress(sleepIntervalMs = 1000): Promise<void> {
  const start: number = activityInfo().heartbeatDetails || 1;
  for (let progress = start; progress <= 100; progress += 33) {
    log.info('Progress', { progress });
    await sleep(sleepIntervalMs);
    heartbeat(progress);
  }
  if (cancellationSignal().aborted) throw new Error('never');
}
