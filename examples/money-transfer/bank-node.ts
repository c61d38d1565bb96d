/**
 * The bank's ledger on disk: one JSON object a line, appended in one write and synced before the answer. Several
 * processes may share it. Read it with `cat .perdure/bank/ledger.jsonl`.
 */

import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bank, Ledger, type LedgerEntry, type LedgerStore, type Outcome, openBank } from './bank.ts';

/** @param directory default: the environment's BANK_DIR, or `.perdure/bank` */
export function bankOnDisk(directory = process.env.BANK_DIR ?? '.perdure/bank'): Bank {
  return openBank(new LedgerFile(directory));
}

class LedgerFile implements LedgerStore {
  readonly #directory: string;
  readonly #path: string;
  #ledger = new Ledger();
  /** Bytes read so far; always the end of a line. */
  #position = 0;
  /** One reader at a time: each starts where the one before it stopped. */
  #reading: Promise<void> = Promise.resolve();
  /** Lines written here and not read yet, and then their outcomes. */
  readonly #own = new Map<string, Outcome | undefined>();

  constructor(directory: string) {
    this.#directory = directory;
    this.#path = join(directory, 'ledger.jsonl');
  }

  async record(entry: LedgerEntry): Promise<Outcome> {
    // A mark of its own, to find the line again among those of other processes.
    const line = JSON.stringify({ ...entry, mark: crypto.randomUUID() });
    this.#own.set(line, undefined);
    let outcome: Outcome | undefined;
    // Once, unless another process's line was torn apart in between and swallowed it.
    while (outcome === undefined) {
      await this.#append(line);
      await this.#read();
      outcome = this.#own.get(line);
    }
    this.#own.delete(line);
    return outcome;
  }

  async balances(accounts: string[]): Promise<Record<string, number | undefined>> {
    await this.#read();
    return Object.fromEntries(accounts.map((account) => [account, this.#ledger.balance(account)]));
  }

  async #append(line: string): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    const file = await open(this.#path, 'a+');
    try {
      // A line feed in front keeps a line that a crash tore apart from swallowing this one.
      await file.appendFile(`${(await endsTorn(file)) ? '\n' : ''}${line}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  #read(): Promise<void> {
    const next = this.#reading.then(() => this.#readOn());
    this.#reading = next.catch(() => undefined);
    return next;
  }

  /** Reads what was added since the last time. */
  async #readOn(): Promise<void> {
    const file = await open(this.#path, 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (!file) return this.#begin();
    try {
      const { size } = await file.stat();
      if (size < this.#position) this.#begin();
      const bytes = Buffer.alloc(size - this.#position);
      await file.read(bytes, 0, bytes.length, this.#position);
      const end = bytes.lastIndexOf('\n') + 1;
      for (const line of bytes.subarray(0, end).toString('utf8').split('\n')) {
        const entry = parse(line);
        if (!entry) continue;
        const outcome = this.#ledger.apply(entry);
        if (this.#own.has(line)) this.#own.set(line, outcome);
      }
      this.#position += end;
    } finally {
      await file.close();
    }
  }

  /** Somebody has deleted the ledger to begin again. */
  #begin(): void {
    this.#ledger = new Ledger();
    this.#position = 0;
  }
}

/** Whether the last line has no end: a crash tore it apart, or another process is writing it. */
async function endsTorn(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer.toString() !== '\n';
}

function parse(line: string): LedgerEntry | undefined {
  try {
    return line === '' ? undefined : (JSON.parse(line) as LedgerEntry);
  } catch {
    return undefined;
  }
}
