/** Paths of the engine's HTTP API. Pure. */

/**
 * Paths below a namespace. Segments are encoded: an id may hold anything.
 * @throws Error for the empty text, `.` and `..`: a browser takes them for a way through the path, and asks for something else
 */
export function inNamespace(namespace: string, ...segments: string[]): string {
  const encodedSegments = [namespace, ...segments].map((segment) => {
    if (['', '.', '..'].includes(segment))
      throw new Error(`No address can name ${JSON.stringify(segment)}: the API cannot be asked for it.`);
    return encodeURIComponent(segment);
  });
  return ['/namespaces', ...encodedSegments].join('/');
}
