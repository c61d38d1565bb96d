import { proxyActivities } from '../../sdk/workflow/index.ts';

/** So many activities at once, each for the next one of the tenants. */
export async function several(count: number, tenants: string[] = ['']): Promise<number> {
  const calls = Array.from({ length: count }, (_, i) => {
    const fairnessKey = tenants[i % tenants.length]!;
    const { work } = proxyActivities<{ work(tenant: string): Promise<void> }>({
      startToCloseTimeout: '10 minutes',
      priority: { fairnessKey },
    });
    return work(fairnessKey);
  });
  await Promise.all(calls);
  return count;
}
