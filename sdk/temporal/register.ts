/**
 * Makes Node resolve Temporal's package names to Perdure's: `node --import perdure/temporal/register program.ts`.
 * It uses `module.registerHooks`, which Node has from 22.15. What has no counterpart, and is not installed, ends the program
 * with an error that says so, and what to do.
 * @module perdure/temporal/register
 */

import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { refusalOf } from './absent.ts';
import { temporalAliases } from './aliases.ts';

const targets = new Map<string, string>(Object.entries(temporalAliases.node));
const packages = [...targets.keys()].filter((name) => name.split('/').length === 2);

registerHooks({
  resolve(specifier, context, nextResolve) {
    const refusal = refusalOf(specifier);
    if (refusal) throw refusal;
    try {
      const target = targets.get(specifier) ?? specifier;
      // `require` takes paths, no URLs.
      const path = target !== specifier && context.conditions.includes('require');
      return nextResolve(path ? fileURLToPath(target) : target, context);
    } catch (error) {
      throw specifier.startsWith('@temporalio/') ? unresolved(specifier, error) : error;
    }
  },
});

function unresolved(specifier: string, cause: unknown): Error {
  const whole = packages.find((name) => specifier.startsWith(`${name}/`));
  const why = whole
    ? `it is a file inside of ${whole}, of which Perdure has the public names: import what you need from ${whole}`
    : 'Perdure has no counterpart of that package of Temporal’s, and it is not installed. If it needs neither Temporal’s ' +
      'native core nor Nexus, install it: its own imports of @temporalio/common and the like find Perdure';
  return new Error(`${specifier} cannot be had: ${why}. See docs/compatibility.md.`, { cause });
}
