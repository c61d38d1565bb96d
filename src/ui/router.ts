/**
 * The address is the state: what page, which run, which filter. Pages are `/ui/NAMESPACE/…`; ids stand in them encoded,
 * so that an id may hold anything.
 */

import { useEffect, useState } from 'preact/hooks';

const ROOT = '/ui/';

export interface Location {
  /** Decoded, without `ui`. */
  segments: string[];
  search: URLSearchParams;
}

const listeners = new Set<() => void>();
addEventListener('popstate', () => notify());

function notify(): void {
  for (const listener of listeners) listener();
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

export function currentLocation(): Location {
  const segments = location.pathname.slice(ROOT.length).split('/').filter(Boolean).map(decoded);
  return { segments, search: new URLSearchParams(location.search) };
}

/** The address of a page of this application. */
export function href(segments: readonly string[], search: Record<string, string | undefined> = {}): string {
  const path = ROOT + segments.map(encodeURIComponent).join('/');
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) if (value) parameters.set(name, value);
  return parameters.size > 0 ? `${path}?${parameters}` : path;
}

export function navigate(to: string, { replace = false } = {}): void {
  if (to === location.pathname + location.search) return;
  history[replace ? 'replaceState' : 'pushState'](null, '', to);
  notify();
}

/** Sets or (with `undefined`) removes search parameters of the page that is shown. */
export function setSearch(
  changes: Record<string, string | undefined>,
  options?: { replace?: boolean },
): void {
  const search = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value) search.set(name, value);
    else search.delete(name);
  }
  navigate(location.pathname + (search.size > 0 ? `?${search}` : ''), options);
}

export function useLocation(): Location {
  const [current, setCurrent] = useState(currentLocation);
  useEffect(() => {
    const listener = (): void => setCurrent(currentLocation());
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, []);
  return current;
}

/** Plain clicks on links of this application stay inside it; everything else is the browser's. */
export function followLink(event: MouseEvent): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.defaultPrevented)
    return;
  const link = (event.target as Element | null)?.closest?.('a');
  const address = link?.getAttribute('href');
  if (!address?.startsWith(ROOT) || link?.hasAttribute('download')) return;
  event.preventDefault();
  navigate(address);
}
