/** The options of `npm run conformance`, which are those of its second half. */

export const conformance = {
  command: 'npm run conformance',
  about: `Replays recorded histories in Temporal's own replayer and in ours. Then Temporal's SDK beside ours: random programs live random
lives; every workflow task goes to our runtime and to a real Worker of Temporal's, with the same history, and both must ask
for the same commands. What they disagree on is made small and printed.`,
  options: {
    seeds: { kind: 'number', least: 1, default: 300, about: 'how many programs' },
    from: { kind: 'number', least: 0, default: 0, about: 'the first of them' },
    held: { kind: 'number', least: 0, default: 8, about: "how many runs Temporal's Worker holds in memory" },
  },
} as const;
