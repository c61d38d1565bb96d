/** `perdure lint`: workflow code that is not deterministic, found before it runs. */

import type { Command } from 'commander';
import type { Finding } from '../lint/rules.ts';
import { ExitError, outputOption, printed, type SharedFlags, type Terminal } from './context.ts';

export function addLintCommand(program: Command, terminal: Terminal): void {
  program
    .command('lint')
    .description('find code in workflow files that is not deterministic, before it runs')
    .argument('[paths...]', 'workflow files, or folders to look for them in', ['.'])
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Files: workflows.ts, *.workflows.ts, workflows/index.ts, and what they import inside the project.
Exceptions: // perdure-lint-ignore RULE, on the line or the line before. Exit code 1: there are errors.`,
    )
    .action((paths: string[], flags: Pick<SharedFlags, 'output'>) => check(paths, flags.output, terminal));
}

async function check(paths: string[], output: SharedFlags['output'], terminal: Terminal): Promise<void> {
  // Loaded only here: the other commands need no compiler.
  const { lint } = await import('../lint/lint.ts');
  const { files, findings } = await lint(paths, process.cwd());
  const text = [...findings.map((finding) => textOf(finding, terminal)), summary(files, findings)].join('\n');
  const lines = printed(output, findings, text);
  if (lines !== '') terminal.print(lines);
  if (findings.some(({ severity }) => severity === 'error')) throw new ExitError(1);
}

function textOf(
  { file, line, column, severity, rule, message, why, instead }: Finding,
  { colors }: Terminal,
): string {
  const paint = { error: colors.red, warning: colors.yellow, hint: colors.dim }[severity];
  const heading = `${file}:${line}:${column}  ${paint(severity)}  ${message}  ${colors.dim(rule)}`;
  return `${heading}\n  ${why}\n  ${instead}`;
}

function summary(files: string[], findings: Finding[]): string {
  const read = files.length === 1 ? '1 file' : `${files.length} files`;
  if (findings.length === 0) return `${read}: nothing found`;
  const counts = (['error', 'warning', 'hint'] as const).flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count === 0 ? [] : [`${count} ${severity}${count === 1 ? '' : 's'}`];
  });
  return `${read}: ${counts.join(', ')}`;
}
