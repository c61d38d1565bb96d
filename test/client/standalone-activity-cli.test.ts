import { expect, it } from 'vitest';
import { run } from '../../sdk/cli/main.ts';
import { plain } from '../../sdk/cli/render.ts';
import { TestWorkflowEnvironment } from '../../sdk/testing/index.ts';
import { listen } from '../../sdk/worker/http-server.ts';

it('starts, describes, lists, ends and deletes activities that belong to no workflow', async () => {
  const env = await TestWorkflowEnvironment.createTimeSkipping();
  const server = await listen(
    (request) => env.nativeConnection.inProcess!.fetch(request.url, request),
    () => new Response(null, { status: 404 }),
    '127.0.0.1',
    0,
  );
  const out: string[] = [];
  const perdure = async (line: string): Promise<string> => {
    out.length = 0;
    const print = (text: string): void => void out.push(text);
    const exitCode = await run(line.split(' '), {
      print,
      complain: print,
      colors: plain,
      env: { PERDURE_ADDRESS: `http://127.0.0.1:${server.port}` },
      abortSignal: new AbortController().signal,
    });
    return `${exitCode} ${out.join('\n')}`;
  };
  const activities = { greet: async (name: string) => `Hello ${name}` };
  const start = '--type greet -t q --start-to-close-timeout 60s';
  try {
    await env.runUntil({ taskQueue: 'q', activities }, async () => {
      expect(await perdure(`activity execute ${start} -a one -i "Ada"`)).toContain('"Hello Ada"');
      expect(await perdure('activity result -a one')).toBe('0 "Hello Ada"');
      expect(await perdure('activity describe -a one')).toContain('COMPLETED');
    });
    const waiting = start.replace('greet', 'nobodys');
    expect(await perdure(`activity start ${waiting} -a two`)).toContain('0 Activity two, run ');
    expect(await perdure(`activity start ${waiting} -a two`)).toContain('already started');
    expect(await perdure('activity cancel -a two --reason enough')).toMatch(/^0 /);
    expect(await perdure('activity result -a two')).toMatch(/^1 /);
    await perdure(`activity start ${waiting} -a three`);
    expect(await perdure('activity complete -a three --result 7')).toContain('completed');
    expect(await perdure('activity result -a three')).toBe('0 7');
    await perdure(`activity start ${waiting} -a four`);
    expect(await perdure('activity terminate -a four --reason enough')).toContain('terminated');
    expect(await perdure('activity list --query ActivityType="nobodys"')).toMatch(
      /(?=.*two)(?=.*three)(?=.*four)/s,
    );
    expect(await perdure('activity count')).toBe('0 4');
    expect(await perdure('workflow count')).toBe('0 0');
    expect(await perdure('activity delete -a four')).toContain('deleted');
  } finally {
    await env.teardown();
    server.closeAllConnections();
    await server.close();
  }
});
