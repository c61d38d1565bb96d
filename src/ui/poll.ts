/** Reads that keep up to date: soon again while things change, slower while they don't, not at all in a hidden tab. */

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

export interface Polled<T> {
  data?: T;
  error?: Error;
  /** The first answer is still to come. */
  loading: boolean;
  refresh(): void;
}

const BACKOFF = 1.5;

export interface PollOptions {
  /** Between two reads while things change. Absent: read once. */
  interval?: number;
  slowest?: number;
}

/** `key` names what is read; another key forgets what was read before. `undefined` reads nothing. */
export function usePolled<T>(
  key: string | undefined,
  read: (signal: AbortSignal) => Promise<T>,
  { interval, slowest = 30_000 }: PollOptions = {},
): Polled<T> {
  const [state, setState] = useState<{ key?: string; data?: T; error?: Error }>({});
  const latest = useRef(read);
  latest.current = read;
  const wake = useRef<() => void>(() => undefined);

  useEffect(() => {
    if (key === undefined) return;
    let reading = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let pause = interval ?? 0;
    let last: string | undefined;
    const again = (): void => {
      clearTimeout(timer);
      if (interval !== undefined && !document.hidden) timer = setTimeout(run, pause);
    };
    const run = async (): Promise<void> => {
      clearTimeout(timer);
      // What is still being read would tell of before, and might come last.
      reading.abort();
      reading = new AbortController();
      const { signal } = reading;
      try {
        const data = await latest.current(signal);
        if (signal.aborted) return;
        const text = JSON.stringify(data);
        pause = text === last ? Math.min(pause * BACKOFF, slowest) : (interval ?? 0);
        if (text !== last) setState({ key, data });
        else setState((old) => (old.error ? { key, data } : old));
        last = text;
      } catch (error) {
        if (signal.aborted) return;
        pause = Math.min(Math.max(pause, 1_000) * BACKOFF, slowest);
        setState((old) => ({ key, ...(old.key === key && { data: old.data }), error: error as Error }));
      }
      again();
    };
    wake.current = () => {
      pause = interval ?? 0;
      void run();
    };
    const shown = (): void => {
      if (!document.hidden && interval !== undefined) wake.current();
    };
    document.addEventListener('visibilitychange', shown);
    void run();
    return () => {
      reading.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', shown);
    };
  }, [key, interval, slowest]);

  const refresh = useCallback(() => wake.current(), []);
  const current = state.key === key ? state : {};
  const loading = key !== undefined && current.data === undefined && current.error === undefined;
  return { data: current.data, error: current.error, loading, refresh };
}

/** The time, told again each `interval`; it stands still when `running` is false. */
export function useNow(running: boolean, interval = 1_000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!running) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), interval);
    return () => clearInterval(timer);
  }, [running, interval]);
  return now;
}
