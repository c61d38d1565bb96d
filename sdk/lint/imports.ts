/** Which modules workflow code imports at run time, and which of them it cannot use. */

import type TS from 'typescript';
import { isSdkImport, sdkName } from '../worker/package-entries.ts';
import { BARE_BUILTINS, isActivitiesFile, SHARED_BUILTINS, SHARED_SDK } from '../worker/workflow-imports.ts';
import { type Inspection, isReference, runsAtLoad, symbolOf, walkValues } from './names.ts';

/** Packages that do input or output whatever one calls. `name/*`: all of a scope. */
const IO_PACKAGES = [
  ...[
    'axios',
    'got',
    'ky',
    'node-fetch',
    'cross-fetch',
    'isomorphic-fetch',
    'undici',
    'superagent',
    'request',
    'ws',
  ],
  ...['socket.io', 'socket.io-client', 'express', 'fastify', 'koa', 'puppeteer', 'playwright', 'nodemailer'],
  ...[
    'pg',
    'postgres',
    'mysql',
    'mysql2',
    'sqlite3',
    'better-sqlite3',
    'mongodb',
    'mongoose',
    'redis',
    'ioredis',
  ],
  ...['knex', 'sequelize', 'typeorm', '@prisma/client', '@libsql/client', '@neondatabase/serverless'],
  ...[
    'kafkajs',
    'amqplib',
    'nats',
    'bullmq',
    '@aws-sdk/*',
    'aws-sdk',
    '@google-cloud/*',
    '@azure/*',
    'googleapis',
  ],
  ...[
    '@supabase/*',
    '@upstash/*',
    'stripe',
    'twilio',
    'openai',
    '@anthropic-ai/sdk',
    '@sendgrid/mail',
    'resend',
  ],
  ...['fs-extra', 'graceful-fs', 'chokidar', 'execa', 'shelljs', 'dotenv', 'winston', 'pino'],
];

/** A module that is there at run time. */
export interface RuntimeImport {
  specifier: string;
  node: TS.Node;
}

/** What a file imports or passes on at run time; imports of which only types are used are dropped by every compiler. */
export function runtimeImports(inspection: Inspection): RuntimeImport[] {
  const { ts, file } = inspection;
  const used = /\.[cm]?jsx?$/.test(file.fileName) ? undefined : usedImports(inspection);
  const imports = file.statements.flatMap((statement): RuntimeImport[] => {
    if (ts.isExportDeclaration(statement) && statement.moduleSpecifier && !statement.isTypeOnly) {
      const { exportClause } = statement;
      const onlyTypes =
        exportClause &&
        ts.isNamedExports(exportClause) &&
        exportClause.elements.length > 0 &&
        exportClause.elements.every((element) => element.isTypeOnly);
      return onlyTypes ? [] : importOf(ts, statement.moduleSpecifier);
    }
    if (!ts.isImportDeclaration(statement)) return [];
    const { importClause, moduleSpecifier } = statement;
    if (!importClause) return importOf(ts, moduleSpecifier);
    const names = importClause.isTypeOnly ? [] : namesOf(ts, importClause);
    return names.some((name) => !used || used.has(name)) ? importOf(ts, moduleSpecifier) : [];
  });
  return [...imports, ...requires(inspection)];
}

/** CommonJS: what is required while the module is loaded. */
function requires(inspection: Inspection): RuntimeImport[] {
  const { ts, file } = inspection;
  const found: RuntimeImport[] = [];
  walkValues(ts, file, (node) => {
    if (ts.isCallExpression(node) && isImportByRequire(inspection, node))
      found.push(...importOf(ts, node.arguments[0]!));
  });
  return found;
}

/** `require('name')` at the top of a module. */
export function isImportByRequire({ ts }: Inspection, call: TS.CallExpression): boolean {
  const [name] = call.arguments;
  return (
    ts.isIdentifier(call.expression) &&
    call.expression.text === 'require' &&
    name !== undefined &&
    ts.isStringLiteral(name) &&
    runsAtLoad(ts, call)
  );
}

function importOf(ts: typeof TS, specifier: TS.Expression): RuntimeImport[] {
  return ts.isStringLiteral(specifier) ? [{ specifier: specifier.text, node: specifier }] : [];
}

/** The declarations that an import clause makes, without those of types. */
function namesOf(ts: typeof TS, { name, namedBindings }: TS.ImportClause): TS.Node[] {
  const first = name ? [name.parent as TS.Node] : [];
  if (!namedBindings) return first;
  if (ts.isNamespaceImport(namedBindings)) return [...first, namedBindings];
  return [...first, ...namedBindings.elements.filter((element) => !element.isTypeOnly)];
}

/** Declarations of imports that are used as values. */
function usedImports(inspection: Inspection): Set<TS.Node> {
  const { ts, file } = inspection;
  const used = new Set<TS.Node>();
  walkValues(ts, file, (node) => {
    if (!ts.isIdentifier(node) || !isReference(ts, node)) return;
    for (const declaration of symbolOf(inspection, node)?.declarations ?? []) used.add(declaration);
  });
  return used;
}

/** Reports an import that workflow code cannot use. @returns whether it did: then nobody looks inside. */
export function judgeImport(
  { report }: Inspection,
  { specifier, node }: RuntimeImport,
  resolved: string | undefined,
): boolean {
  const name = specifier.replace(/^node:/, '');
  if (specifier.startsWith('node:') || BARE_BUILTINS.includes(specifier)) {
    if (!SHARED_BUILTINS.includes(name))
      report(node, 'builtin-import', `"${specifier}" is a builtin of Node`);
    return true;
  }
  if (specifier.startsWith('cloudflare:')) {
    report(node, 'host-import', `"${specifier}" is a part of the host`);
    return true;
  }
  if (isSdkImport(specifier)) {
    const entry = sdkName(specifier);
    if (!entry || !SHARED_SDK.includes(entry))
      report(node, 'host-import', `"${specifier}" is not for workflow code`);
    return true;
  }
  if (isActivitiesFile(resolved ?? specifier)) {
    report(node, 'activity-import', `"${specifier}" has activities`);
    return true;
  }
  const pack = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  if (IO_PACKAGES.includes(pack) || IO_PACKAGES.includes(`${pack.split('/')[0]}/*`)) {
    report(node, 'io-package', `"${pack}" does input or output`);
    return true;
  }
  return false;
}
