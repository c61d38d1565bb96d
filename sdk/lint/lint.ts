/** `perdure lint`: reads workflow files and all that they import inside the project, and says what is not deterministic. */

import { existsSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, relative, resolve } from 'node:path';
import type TS from 'typescript';
import { WORKFLOW_FILES } from '../worker/workflow-imports.ts';
import { judgeGlobals } from './globals.ts';
import { ignoresOf } from './ignores.ts';
import { judgeImport, runtimeImports } from './imports.ts';
import type { Inspection } from './names.ts';
import { type Finding, rules } from './rules.ts';
import { judgeState } from './state.ts';
import { judgeWaiting } from './waiting.ts';

export interface LintResult {
  /** Every file that was read, relative to the folder, in the order in which they were reached. */
  files: string[];
  findings: Finding[];
}

/**
 * @param paths workflow files, and folders to look for them in
 * @param folder paths are relative to it; its project's TypeScript reads the code
 */
export async function lint(paths: string[], folder: string): Promise<LintResult> {
  const entries = await workflowFiles(paths.map((path) => resolve(folder, path)));
  const ts = compiler(folder);
  const options = compilerOptions(ts, folder);
  const host = ts.createCompilerHost(options, true);
  const program = ts.createProgram({ rootNames: entries, options, host });
  const checker = program.getTypeChecker();
  const findings: Finding[] = [];
  const reached = new Set(entries);
  // Grows while it is walked.
  for (const path of reached) {
    const file = program.getSourceFile(path);
    if (!file) continue;
    const resolveImport = (specifier: string): string | undefined =>
      ts.resolveModuleName(specifier, path, options, host).resolvedModule?.resolvedFileName;
    const found = inspect({ ts, checker, file }, relative(folder, path), program, (specifier, inspection) => {
      const resolved = resolveImport(specifier.specifier);
      if (judgeImport(inspection, specifier, resolved)) return;
      if (resolved && !resolved.includes('node_modules') && !resolved.endsWith('.d.ts'))
        reached.add(resolved);
    });
    findings.push(...found);
  }
  return { files: [...reached].map((path) => relative(folder, path)), findings };
}

type JudgeImport = (specifier: ReturnType<typeof runtimeImports>[number], inspection: Inspection) => void;

function inspect(
  source: Omit<Inspection, 'report'>,
  name: string,
  program: TS.Program,
  onImport: JudgeImport,
): Finding[] {
  const { ts, file } = source;
  const findings: Finding[] = [];
  const add = (at: number, rule: Finding['rule'], message: string, instead?: string): void => {
    const { line, character } = file.getLineAndCharacterOfPosition(at);
    const { severity, why, instead: usual } = rules[rule];
    const place = { file: name, line: line + 1, column: character + 1 };
    findings.push({ ...place, rule, severity, message, why, instead: instead ?? usual });
  };
  for (const { start = 0, messageText } of program.getSyntacticDiagnostics(file))
    add(start, 'syntax', ts.flattenDiagnosticMessageText(messageText, ' '));
  const inspection: Inspection = {
    ...source,
    report: (node, rule, message, instead) => add(node.getStart(file), rule, message, instead),
  };
  for (const specifier of runtimeImports(inspection)) onImport(specifier, inspection);
  judgeGlobals(inspection);
  judgeState(inspection);
  judgeWaiting(inspection);
  const { isIgnored, unused } = ignoresOf(file.text);
  const left = findings.filter((finding) => !isIgnored(finding));
  findings.length = 0;
  for (const { at, message } of unused()) add(at, 'unused-ignore', message);
  return [...left, ...findings].sort((a, b) => a.line - b.line || a.column - b.column);
}

/** The project's own TypeScript; where it has none, one that this package finds. */
function compiler(folder: string): typeof TS {
  for (const from of [join(folder, 'package.json'), import.meta.filename]) {
    const require = createRequire(from);
    let path: string;
    try {
      path = require.resolve('typescript');
    } catch {
      continue;
    }
    const ts = require(path) as typeof TS;
    if (typeof ts.createProgram === 'function') return ts;
  }
  throw new Error('perdure lint reads code with the TypeScript compiler (5 or 6): npm install -D typescript');
}

/** The project's names for modules; nothing of its types is read. */
function compilerOptions(ts: typeof TS, folder: string): TS.CompilerOptions {
  const file = ts.findConfigFile(folder, ts.sys.fileExists);
  const own = file ? ts.getParsedCommandLineOfConfigFile(file, {}, silent(ts))?.options : undefined;
  return {
    ...(own?.paths && { paths: own.paths, baseUrl: own.baseUrl, pathsBasePath: own.pathsBasePath }),
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    allowJs: true,
    maxNodeModuleJsDepth: 0,
    noEmit: true,
    noLib: true,
    types: [],
  };
}

/** A configuration with errors in it still says what its paths are. */
function silent(ts: typeof TS): TS.ParseConfigFileHost {
  return { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined };
}

const NOT_LOOKED_INTO = /(?:^|[\\/])(?:node_modules|\.[^\\/]+|dist|build|out|coverage)(?:[\\/]|$)/;

async function workflowFiles(paths: string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const path of paths) {
    if (!existsSync(path)) throw new Error(`There is no file ${path}`);
    if (statSync(path).isFile()) {
      found.add(path);
      continue;
    }
    for (const name of (await readdir(path, { recursive: true })).sort())
      if (WORKFLOW_FILES.test(name) && !NOT_LOOKED_INTO.test(name)) found.add(join(path, name));
  }
  if (found.size === 0)
    throw new Error(
      'There are no workflow files (workflows.ts, *.workflows.ts, workflows/index.ts): name them.',
    );
  return [...found];
}
