/**
 * Loads a module of the user's at once, as constructors need it. The build of the packages for Temporal programs
 * (scripts/lib/temporal-packages.ts) has another one in its place.
 */

interface NodeProcess {
  cwd(): string;
  getBuiltinModule?(
    name: 'node:module',
  ): { createRequire?(from: string): (path: string) => unknown } | undefined;
}

/** `undefined` where there are no files. Paths are absolute or relative to the current folder. */
export function moduleLoader(): ((path: string) => unknown) | undefined {
  const { process, navigator } = globalThis as {
    process?: NodeProcess;
    navigator?: { userAgent?: string };
  };
  // workerd has Node's modules but no files.
  const onNode = process?.getBuiltinModule && navigator?.userAgent !== 'Cloudflare-Workers';
  const createRequire = onNode ? process.getBuiltinModule?.('node:module')?.createRequire : undefined;
  return process && createRequire?.(`${process.cwd()}/`);
}
