import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Env, taskQueueSettings } from '../../src/env.ts';

const envWith = (variable?: string) => ({ TASK_QUEUES: variable }) as unknown as Env;
const defaults = taskQueueSettings(envWith(), 'plain');

afterEach(() => vi.restoreAllMocks());

describe('the variable TASK_QUEUES', () => {
  it('sets one task queue, and by "*" all others', () => {
    const env = envWith('{"*":{"dispatch":"direct"},"slow":{"dispatch":"queue","caller":"consumer"}}');
    expect(taskQueueSettings(env, 'any')).toEqual({ ...defaults, dispatch: 'direct' });
    expect(taskQueueSettings(env, 'slow')).toEqual({ dispatch: 'queue', caller: 'consumer' });
  });

  it('gives nothing to a task queue that is called like a property of every object', () => {
    for (const name of ['constructor', '__proto__', 'toString']) {
      expect(taskQueueSettings(envWith('{"a":{}}'), name)).toEqual(defaults);
    }
  });

  it.each([
    ['no JSON', '{"a":', /JSON/],
    ['no object', '[]', /expected a JSON object/],
    ['null', 'null', /expected a JSON object/],
    ['settings that are no object', '{"a":"direct"}', /"a": expected an object of settings/],
    ['an unknown setting', '{"a":{"dispath":"direct"}}', /there is no setting "dispath"/],
    ['a setting of the prototype', '{"a":{"constructor":"direct"}}', /there is no setting "constructor"/],
    [
      'an unknown value',
      '{"a":{"dispatch":"pigeon"}}',
      /"a".dispatch: expected queue or direct, not "pigeon"/,
    ],
  ])(
    'leaves the defaults in place when it is wrong, and is named in the log once: %s',
    (_, variable, reason) => {
      const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
      const env = envWith(variable);
      for (const taskQueue of ['a', 'b', 'a']) expect(taskQueueSettings(env, taskQueue)).toEqual(defaults);
      expect(log).toHaveBeenCalledTimes(1);
      const line = JSON.parse(log.mock.calls[0]![0] as string);
      expect(line).toEqual({
        message: 'TASK_QUEUES is not used: the defaults are',
        reason: expect.stringMatching(reason),
      });
    },
  );
});
