/** What histories reach of the workflow code when it is replayed: V8 counts, the bundle's source map says what that was. */

import { type Profiler, Session } from 'node:inspector/promises';
import type { SourceMap } from 'node:module';
import { relative } from 'node:path';
import { DefaultLogger } from '../worker/logger.ts';
import { Worker } from '../worker/node.ts';
import type { ReplayHistoriesIterable, ReplayWorkerOptions } from '../worker/replay.ts';
import { EVALUATED_HEAD, sourceMapOf, sourcePath } from '../worker/source-place.ts';

/** A part of the code that no history reaches, though the code around it is run: a branch, or a function. */
export interface UnreachedBranch {
  line: number;
  endLine: number;
}

export interface WorkflowFileCoverage {
  /** Absolute. */
  file: string;
  /** Lines with code. */
  lines: number;
  reachedLines: number;
  unreachedLines: number[];
  unreachedBranches: UnreachedBranch[];
}

export interface ReplayCoverage {
  /** How many histories were replayed. */
  histories: number;
  /** Ids of workflows whose histories do not fit the code: they reach it as far as they fit. */
  failed: string[];
  files: WorkflowFileCoverage[];
}

/** Bundled code as V8 ran it. */
interface Script {
  name: string;
  map: SourceMap;
  code: string;
  /** By position in `code`: was it run? */
  reached: boolean[];
  /** Ranges that were not run, in code that was. */
  gaps: Array<{ start: number; end: number }>;
}

/**
 * Replays the histories and says which lines and branches of the workflow files they reach: what they do not reach, no
 * replay can check. The process must not be measuring coverage in another way at the same time.
 */
export async function replayCoverage(
  options: ReplayWorkerOptions & { workflowsPath: string },
  histories: ReplayHistoriesIterable,
): Promise<ReplayCoverage> {
  const session = new Session();
  session.connect();
  const failed: string[] = [];
  let count = 0;
  try {
    await session.post('Profiler.enable');
    await session.post('Debugger.enable');
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    const quiet = { logger: new DefaultLogger('ERROR', () => undefined), ...options };
    for await (const { workflowId, error } of Worker.runReplayHistories(quiet, histories)) {
      count++;
      if (error) failed.push(workflowId);
    }
    const { result } = await session.post('Profiler.takePreciseCoverage');
    const scripts: Script[] = [];
    for (const measured of result) {
      const map = sourceMapOf(measured.url);
      if (!map || !measured.functions.some(({ ranges }) => ranges.some((range) => range.count > 0))) continue;
      const { scriptId } = measured;
      const { scriptSource } = await session.post('Debugger.getScriptSource', { scriptId });
      scripts.push({ name: measured.url, map, code: scriptSource, ...reachedBy(measured, scriptSource) });
    }
    return { histories: count, failed, files: filesOf(scripts) };
  } finally {
    session.disconnect();
  }
}

/** Functions stand before those within them, and ranges before those within: the innermost one counts. */
function reachedBy({ functions }: Profiler.ScriptCoverage, code: string): Pick<Script, 'reached' | 'gaps'> {
  const reached: boolean[] = new Array(code.length).fill(false);
  const gaps: Script['gaps'] = [];
  for (const { ranges } of functions) {
    for (const { startOffset: start, endOffset: end, count } of ranges) {
      // A function that is not called stands in code that is run.
      const within = ranges[0]!.count > 0 || reached[start]!;
      reached.fill(count > 0, start, end);
      if (count === 0 && within && /\w/.test(code.slice(start, end))) gaps.push({ start, end });
    }
  }
  return { reached, gaps };
}

/** A line is judged by the first of its code. */
interface Line {
  column: number;
  reached: boolean;
}

function filesOf(scripts: Script[]): WorkflowFileCoverage[] {
  const files = new Map<string, { lines: Map<number, Line>; branches: Map<string, UnreachedBranch> }>();
  for (const script of scripts) {
    const placeOf = placesIn(script);
    for (let at = 0; at < script.code.length; at++) {
      const place = /[\w$]/.test(script.code[at]!) ? placeOf(at) : undefined;
      if (!place) continue;
      const measured = files.get(place.file) ?? { lines: new Map(), branches: new Map() };
      files.set(place.file, measured);
      const { lines } = measured;
      const known = lines.get(place.line);
      if (!known || place.column < known.column) {
        lines.set(place.line, { column: place.column, reached: script.reached[at]! });
      }
    }
    for (const { start, end } of script.gaps) {
      const text = script.code.slice(start, end);
      const first = placeOf(start + text.search(/\w/));
      const last = placeOf(start + text.search(/\w\W*$/));
      if (!first || last?.file !== first.file) continue;
      const branch = { line: first.line, endLine: Math.max(first.line, last.line) };
      files.get(first.file)?.branches.set(`${branch.line}-${branch.endLine}`, branch);
    }
  }
  return [...files].map(([file, { lines, branches }]) => fileCoverage(file, lines, [...branches.values()]));
}

function fileCoverage(
  file: string,
  lines: Map<number, Line>,
  unreachedBranches: UnreachedBranch[],
): WorkflowFileCoverage {
  const unreachedLines = [...lines].filter(([, { reached }]) => !reached).map(([line]) => line);
  return {
    file,
    lines: lines.size,
    reachedLines: lines.size - unreachedLines.length,
    unreachedLines: unreachedLines.sort((a, b) => a - b),
    unreachedBranches: unreachedBranches.sort((a, b) => a.line - b.line),
  };
}

/** From a position in the evaluated code to the user's own source; `undefined` for what is of packages or helpers. */
function placesIn({ name, map, code }: Script) {
  const starts = [0];
  for (let at = code.indexOf('\n'); at >= 0; at = code.indexOf('\n', at + 1)) starts.push(at + 1);
  let line = 0;
  return (position: number): { file: string; line: number; column: number } | undefined => {
    while (starts[line]! > position) line--;
    while (line + 1 < starts.length && starts[line + 1]! <= position) line++;
    const column = position - starts[line]! - (line === 0 ? EVALUATED_HEAD.length : 0);
    const entry = map.findEntry(line, Math.max(column, 0));
    if (column < 0 || !('originalSource' in entry) || entry.originalSource.includes('node_modules'))
      return undefined;
    const { originalSource, originalLine, originalColumn } = entry;
    return { file: sourcePath(name, originalSource), line: originalLine + 1, column: originalColumn };
  };
}

/** For people: a line per file, and what is not reached in it. */
export function coverageToText({ files, histories, failed }: ReplayCoverage): string {
  const text = files.map((file) => {
    const percent = file.lines === 0 ? 100 : Math.floor((100 * file.reachedLines) / file.lines);
    const branches = file.unreachedBranches.map(({ line, endLine }) =>
      line === endLine ? line : `${line}-${endLine}`,
    );
    const gaps = [
      ...(file.unreachedLines.length > 0 ? [`lines not reached: ${file.unreachedLines.join(', ')}`] : []),
      ...(branches.length > 0 ? [`branches not reached: ${branches.join(', ')}`] : []),
    ];
    return [`${relative(process.cwd(), file.file)}: ${percent} % of ${file.lines} lines`, ...gaps].join(
      '\n  ',
    );
  });
  const wrong = failed.length > 0 ? `, ${failed.length} of which do not replay` : '';
  return [`${histories} ${histories === 1 ? 'history' : 'histories'}${wrong}`, ...text].join('\n');
}
