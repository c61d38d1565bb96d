/** Where in the user's source a frame of a stack is: workflow files are bundled, and their source maps say what was where. */

import { SourceMap } from 'node:module';
import { dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { placeFramesWith } from '../common/failure-converter.ts';
import { GRAPH_HEAD } from './workflow-module.ts';

export interface SourcePlace {
  /** Absolute. */
  file: string;
  /** From 1. */
  line: number;
  column: number;
  functionName?: string;
}

const SDK = join(import.meta.dirname, '..') + sep;
const FRAME = /^\s+at (?:async )?(?:(.+?) \()?(.+?):(\d+):(\d+)\)?$/;
/** What stands before an inline source map. Not in one piece: tools that look for source maps find it in this file, too. */
export const SOURCE_MAP = ['//# source', 'MappingURL=data:application/json;base64,'].join('');
const INLINE_MAP = new RegExp(`${SOURCE_MAP}([\\w+/=]+)`);
const NAME = /\/\/# sourceURL=(.+)/;

/** What stands before workflow code, in its first line, where it is evaluated. */
export const EVALUATED_HEAD = `(${GRAPH_HEAD}`;

/** Evaluated workflow code by the name that it has in stacks. Parsed when it is asked for. */
const scripts = new Map<string, { code: string; map?: SourceMap }>();

/** Remembers evaluated code, so that frames in it can be traced to their source. */
export function registerScript(code: string): void {
  const name = NAME.exec(code)?.[1];
  if (name && scripts.get(name)?.code !== code) scripts.set(name, { code });
  placeFramesWith(frameInSource);
}

/** A frame of evaluated code as it is in the user's source; any other stays. */
function frameInSource(frame: string): string {
  const [, , location, line, column] = FRAME.exec(frame) ?? [];
  const place = location !== undefined && scripts.has(location) ? placeOfFrame(frame) : undefined;
  if (!place) return frame;
  return frame.replace(`${location}:${line}:${column}`, () => `${place.file}:${place.line}:${place.column}`);
}

/** The source map of evaluated code; `undefined` when it has none. */
export function sourceMapOf(scriptName: string): SourceMap | undefined {
  const script = scripts.get(scriptName);
  if (!script) return undefined;
  if (!script.map) {
    const inline = INLINE_MAP.exec(script.code)?.[1];
    if (!inline) return undefined;
    script.map = new SourceMap(JSON.parse(Buffer.from(inline, 'base64').toString('utf8')));
  }
  return script.map;
}

/** Absolute path of a source that the map of a script names. */
export function sourcePath(scriptName: string, source: string): string {
  return resolve(dirname(scriptName), source.replace(/^file:\/\//, ''));
}

/** The first frame that is the user's own: not the SDK's and not Node's. */
export function sourcePlaceOf(stack: string): SourcePlace | undefined {
  for (const frame of stack.split('\n')) {
    const place = placeOfFrame(frame);
    if (place && !place.file.startsWith(SDK)) return place;
  }
  return undefined;
}

function placeOfFrame(frame: string): SourcePlace | undefined {
  const [, functionName, location, line, column] = FRAME.exec(frame) ?? [];
  if (location === undefined || location.startsWith('node:')) return undefined;
  const file = location.startsWith('file:') ? fileURLToPath(location) : location;
  const named = functionName ? { functionName } : {};
  const map = sourceMapOf(file);
  if (!map)
    return file.startsWith('<') ? undefined : { file, line: Number(line), column: Number(column), ...named };
  const entry = map.findEntry(Number(line) - 1, Number(column) - 1);
  if (!('originalSource' in entry)) return undefined;
  const { originalSource, originalLine, originalColumn } = entry;
  return {
    file: sourcePath(file, originalSource),
    line: originalLine + 1,
    column: originalColumn + 1,
    ...named,
  };
}
