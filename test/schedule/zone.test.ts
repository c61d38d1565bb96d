import { afterEach, expect, it, vi } from 'vitest';
import { isZone, offsetAt, stretchAt } from '../../sdk/common/zone.ts';
import { nextCronTime } from '../../src/core/cron.ts';

afterEach(() => void vi.restoreAllMocks());

it('a zone is the same in whatever letters it is written, and is kept in memory once', () => {
  const made = vi.spyOn(Intl, 'DateTimeFormat');
  const summer = Date.UTC(2030, 6, 1);
  for (const zone of ['Asia/Tbilisi', 'asia/tbilisi', 'ASIA/TBILISI', 'aSIA/tBILISI']) {
    expect(isZone(zone)).toBe(true);
    expect(offsetAt(zone, summer)).toBe(4 * 3_600_000);
    expect(stretchAt(zone, summer).offset).toBe(4 * 3_600_000);
    expect(nextCronTime(`CRON_TZ=${zone} 0 5 * * *`, 0, summer)).toBe(summer + 3_600_000);
  }
  expect(made).toHaveBeenCalledTimes(1);
});
