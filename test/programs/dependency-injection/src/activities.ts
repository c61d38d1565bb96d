import { Context } from '@temporalio/activity';

export interface DB {
  get(key: string): Promise<string>;
}

export const createActivities = (db: DB) => ({
  async greet(msg: string): Promise<string> {
    const name = await db.get('name');
    return `${msg}: ${name}`;
  },
  async greet_es(mensaje: string): Promise<string> {
    return `${mensaje}: ${await db.get('name')}`;
  },
});

/** As a framework with injection makes them: an instance whose methods need their `this`. */
export class RatesActivities {
  static readonly source = 'fixed';
  private calls = 0;
  constructor(private readonly rates: ReadonlyMap<string, number>) {}

  async getRates(): Promise<Record<string, number>> {
    this.calls += 1;
    return Object.fromEntries(this.rates);
  }
  async countCalls(): Promise<string> {
    return `${this.calls} by ${Context.current().info.activityType}`;
  }
}

export function bound<T extends object>(instance: T): T {
  const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(instance)).filter(
    (name) => name !== 'constructor',
  );
  return Object.fromEntries(
    methods.map((name) => [
      name,
      (instance as Record<string, (...args: unknown[]) => unknown>)[name]!.bind(instance),
    ]),
  ) as T;
}
