/** `perdure operator backup …`: a whole engine into a folder of files, and out of it into an empty engine. */

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { BackupService } from '../client/backup-service.ts';
import type { Connection } from '../client/connection.ts';
import { toClientError } from '../client/errors.ts';
import { BACKUP_FORMAT, type BackupEntry, type BackupRef } from '../common/backup.ts';
import { addCommand, type Invocation, noun, type Terminal } from './context.ts';

interface Flags {
  directory: string;
}

/** What stands beside the pages. */
interface Manifest {
  format: number;
  began: string;
  pages: number;
  /** Where it goes on; without it and with `completed` it is whole. */
  nextPageToken?: string;
  completed?: string;
}

/** How far a restore has come. */
interface Progress {
  imported: number;
  resumed: number;
}

const MANIFEST = 'manifest.json';
const PROGRESS = 'restore.json';
const OBJECTS_AT_ONCE = 50;
/** As much as goes into one request, in characters; one entry may be longer. */
const IMPORT_LENGTH = 4_000_000;

export function backupCommand(terminal: Terminal): Command {
  const backup = noun('backup', 'back up the whole engine, or restore it into an empty one');
  const directory = (what: string) => (command: Command) =>
    command.requiredOption('-d, --directory <path>', what);
  addCommand<Flags>(
    backup,
    terminal,
    ['create', 'write a backup; one that was broken off goes on'],
    directory('where to: empty, or with a backup that was broken off'),
    create,
  );
  addCommand<Flags>(
    backup,
    terminal,
    ['restore', 'read a backup into an engine that is empty; one that was broken off goes on'],
    directory('where the backup is'),
    restore,
  );
  return backup;
}

const service = (client: { connection: unknown }): BackupService =>
  (client.connection as Connection).backupService;

async function create({ client, flags, show }: Invocation<Flags>): Promise<void> {
  const dir = flags.directory;
  mkdirSync(dir, { recursive: true });
  const manifest: Manifest = readManifest(dir) ?? {
    format: BACKUP_FORMAT,
    began: new Date().toISOString(),
    pages: 0,
  };
  if (manifest.completed) throw new InvalidArgumentError(`There is a whole backup in ${dir} already.`);
  do {
    const page = await service(client)
      .exportBackup({ pageToken: manifest.nextPageToken })
      .catch((error) => {
        throw toClientError(error, 'back up the engine');
      });
    write(dir, pageName(manifest.pages), page.entries.map((line) => `${line}\n`).join(''));
    manifest.pages++;
    if (page.nextPageToken) manifest.nextPageToken = page.nextPageToken;
    else delete manifest.nextPageToken;
    if (!page.nextPageToken) manifest.completed = new Date().toISOString();
    write(dir, MANIFEST, JSON.stringify(manifest, null, 2));
  } while (!manifest.completed);
  const { pages, began, completed } = manifest;
  const objects = refsOf(dir, manifest).length;
  show(
    { directory: dir, objects, pages, began, completed },
    `${objects} objects in ${pages} files in ${dir}. Keys are among them: keep it as you keep those.`,
  );
}

async function restore({ client, flags, show }: Invocation<Flags>): Promise<void> {
  const dir = flags.directory;
  const manifest = readManifest(dir);
  if (!manifest) throw new InvalidArgumentError(`There is no backup in ${dir}.`);
  if (manifest.format !== BACKUP_FORMAT)
    throw new InvalidArgumentError(`The backup has format ${manifest.format}; this is for ${BACKUP_FORMAT}.`);
  if (!manifest.completed)
    throw new InvalidArgumentError(`The backup in ${dir} was broken off: "backup create" goes on with it.`);
  const progress: Progress = readJson(dir, PROGRESS) ?? { imported: 0, resumed: 0 };
  for (; progress.imported < manifest.pages; progress.imported++) {
    write(dir, PROGRESS, JSON.stringify(progress));
    for (const entries of portions(linesOf(dir, progress.imported)))
      await service(client)
        .importBackup({ entries })
        .catch((error) => {
          throw toClientError(error, 'restore the engine');
        });
  }
  const refs = refsOf(dir, manifest);
  const sum = { open: 0, lostChildren: 0 };
  for (; progress.resumed < refs.length; progress.resumed += OBJECTS_AT_ONCE) {
    write(dir, PROGRESS, JSON.stringify(progress));
    const objects = refs.slice(progress.resumed, progress.resumed + OBJECTS_AT_ONCE);
    const { open, lostChildren } = await service(client)
      .resumeBackup({ objects })
      .catch((error) => {
        throw toClientError(error, 'wake the restored runs');
      });
    sum.open += open;
    sum.lostChildren += lostChildren;
  }
  write(dir, PROGRESS, JSON.stringify(progress));
  show(
    { objects: refs.length, ...sum },
    `${refs.length} objects are restored; ${sum.open} open runs go on.${
      sum.lostChildren > 0 ? ` ${sum.lostChildren} children were not in the backup: terminated.` : ''
    }`,
  );
}

const pageName = (n: number): string => `page-${String(n).padStart(6, '0')}.ndjson`;

/** Whole or not at all: a crash leaves no half page behind. */
function write(dir: string, name: string, text: string): void {
  const path = join(dir, name);
  writeFileSync(`${path}.part`, text);
  renameSync(`${path}.part`, path);
}

function readJson<T>(dir: string, name: string): T | undefined {
  const path = join(dir, name);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : undefined;
}

function readManifest(dir: string): Manifest | undefined {
  const manifest = readJson<Manifest>(dir, MANIFEST);
  if (!manifest && existsSync(dir) && readdirSync(dir).some((name) => !name.startsWith('page-')))
    throw new InvalidArgumentError(`${dir} has other files in it.`);
  return manifest;
}

function linesOf(dir: string, page: number): string[] {
  const text = readFileSync(join(dir, pageName(page)), 'utf8');
  return text.split('\n').filter((line) => line !== '');
}

/** An object that was backed up twice, or in several pages, is there once. */
function refsOf(dir: string, { pages }: Manifest): BackupRef[] {
  const refs = new Map<string, BackupRef>();
  for (let page = 0; page < pages; page++)
    for (const line of linesOf(dir, page)) {
      const { kind, namespace, id } = JSON.parse(line) as BackupEntry;
      refs.set(JSON.stringify([kind, namespace, id]), { kind, namespace, id });
    }
  return [...refs.values()];
}

function* portions(lines: string[]): Iterable<string[]> {
  let portion: string[] = [];
  let length = 0;
  for (const line of lines) {
    if (portion.length > 0 && length + line.length > IMPORT_LENGTH) {
      yield portion;
      [portion, length] = [[], 0];
    }
    portion.push(line);
    length += line.length;
  }
  if (portion.length > 0) yield portion;
}
