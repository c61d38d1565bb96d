/**
 * Makes Node resolve Temporal's package names to Perdure's: `node --import perdure/temporal/register program.ts`.
 * It uses `module.registerHooks`, which Node has from 22.15.
 * @module perdure/temporal/register
 */

import { registerHooks } from 'node:module';
import { temporalAliases } from './aliases.ts';

const targets = new Map<string, string>(Object.entries(temporalAliases.node));

registerHooks({
  resolve: (specifier, context, nextResolve) => nextResolve(targets.get(specifier) ?? specifier, context),
});
