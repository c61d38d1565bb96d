/** Evidence → findings. */

import type { WorkflowFunction } from '../../sdk/workflow/runtime/start.ts';
import type { Evidence } from './evidence.ts';
import { Facts } from './facts.ts';
import { type Invariant, invariants } from './invariants.ts';

export interface Finding {
  invariant: Invariant;
  violations: string[];
}

export interface Report {
  findings: Finding[];
  runs: number;
  events: number;
}

/** All invariants. Without workflow code nothing is replayed, and I19 finds nothing. */
export async function checkEvidence(
  evidence: Evidence,
  workflows: Record<string, WorkflowFunction> = {},
): Promise<Report> {
  const facts = new Facts(evidence);
  const findings: Finding[] = [];
  for (const invariant of invariants) {
    const violations: string[] = [];
    for (const check of invariant.checks)
      for await (const line of check(facts, workflows)) violations.push(line);
    findings.push({ invariant, violations });
  }
  const runs = facts.allRuns();
  return { findings, runs: runs.length, events: runs.reduce((sum, run) => sum + run.events.length, 0) };
}

/** The functions that a module of workflows exports. */
export function workflowsOf(module: object): Record<string, WorkflowFunction> {
  const functions = Object.entries(module).filter(([, value]) => typeof value === 'function');
  return Object.fromEntries(functions) as Record<string, WorkflowFunction>;
}

export const violationsOf = ({ findings }: Report): string[] =>
  findings.flatMap(({ invariant, violations }) => violations.map((line) => `${invariant.id}: ${line}`));

/** As lines: what was found, and for each invariant how it stands. */
export function* reportLines(report: Report, { whole = true } = {}): Iterable<string> {
  const checked = report.findings.filter(({ invariant }) => !invariant.instead);
  for (const { invariant, violations } of report.findings) {
    if (invariant.instead) {
      if (whole) yield `-    ${invariant.id} ${invariant.title}: not checked here: ${invariant.instead}`;
    } else if (violations.length > 0) yield `FAIL ${invariant.id} ${invariant.title}: ${violations.length}`;
    else if (whole) yield `ok   ${invariant.id} ${invariant.title}`;
    for (const line of violations.slice(0, 5)) yield `       ${line}`;
  }
  const broken = checked.filter(({ violations }) => violations.length > 0).length;
  yield `${report.runs} runs, ${report.events} events; ${checked.length} invariants checked, ${broken} broken`;
}
