/** What the engine logs: one line of JSON per entry, with ids and never anything of a payload, as log services read it. */

import { makeLogger } from '../../sdk/common/logger.ts';

export const jsonLogger = makeLogger('INFO', (level, message, meta) => {
  const line = JSON.stringify({ level: level.toLowerCase(), message, ...meta }, (_, value: unknown) =>
    value instanceof Error ? value.message : value,
  );
  if (level === 'ERROR') console.error(line);
  else console.log(line);
});
