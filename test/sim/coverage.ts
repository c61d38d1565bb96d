/** What the seeds have exercised: a simulator that never hits something proves nothing about it. */

const kinds = [
  'events',
  'commands',
  'requests',
  'schedules',
  'batches',
  'limits',
  'versions',
  'faults',
] as const;
export type Kind = (typeof kinds)[number];

/** As it goes between threads. */
export type Counts = Record<Kind, Map<string, number>>;

export class Coverage {
  readonly counts: Counts = {
    events: new Map(),
    commands: new Map(),
    requests: new Map(),
    schedules: new Map(),
    batches: new Map(),
    limits: new Map(),
    versions: new Map(),
    faults: new Map(),
  };

  static from(counts: Counts): Coverage {
    const coverage = new Coverage();
    for (const kind of kinds)
      for (const [name, count] of counts[kind]) coverage.counts[kind].set(name, count);
    return coverage;
  }

  count(kind: Kind, name: string): void {
    this.counts[kind].set(name, (this.counts[kind].get(name) ?? 0) + 1);
  }

  add({ counts }: Coverage): void {
    for (const kind of kinds) {
      for (const [name, count] of counts[kind])
        this.counts[kind].set(name, (this.counts[kind].get(name) ?? 0) + count);
    }
  }

  missed(expected: Record<Kind, readonly string[]>): string[] {
    return kinds.flatMap((kind) =>
      expected[kind].filter((name) => !this.counts[kind].has(name)).map((name) => `${kind} ${name}`),
    );
  }

  /** One line a kind: names with counts, and what was never hit. */
  lines(expected: Record<Kind, readonly string[]>): string[] {
    return kinds.map((kind) => {
      const hit = [...this.counts[kind]]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, count]) => `${name} ${count}`);
      const missed = expected[kind].filter((name) => !this.counts[kind].has(name));
      return `${kind}: ${hit.join(', ') || 'nothing'}${missed.length > 0 ? `; NEVER: ${missed.join(', ')}` : ''}`;
    });
  }
}
