import { Code, ConnectError } from '@connectrpc/connect';
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react';

const PausedContext = createContext<{ paused: boolean; setPaused: (paused: boolean) => void }>({
  paused: false,
  setPaused: () => undefined,
});

export function PausedProvider({ children }: { children: ReactNode }) {
  const [paused, setPaused] = useState(false);
  return <PausedContext value={{ paused, setPaused }}>{children}</PausedContext>;
}

/** Whether the person stopped the time: what is on the screen stays as it is. */
export const usePaused = () => useContext(PausedContext);

/** What a view knows: nothing yet, its data, or why there is none; data stays while a lost stream is opened again. */
export interface Live<T> {
  readonly value: T | undefined;
  readonly error: ConnectError | undefined;
  readonly loading: boolean;
}

const RETRY_MS = 2_000;
/** Trying again does not help with these. */
const FINAL = new Set([Code.InvalidArgument, Code.NotFound, Code.PermissionDenied, Code.Unauthenticated]);

/**
 * Follows a server's stream, opened again when it breaks. `key` says what is asked for: another key is another stream. `take` makes
 * the next value of the one before and a message; without it the last message is the value.
 */
export function useStream<M, T = M>(
  key: string,
  open: (signal: AbortSignal) => AsyncIterable<M>,
  take: (before: T | undefined, message: M) => T = (_, message) => message as unknown as T,
): Live<T> {
  const { paused } = usePaused();
  const [live, setLive] = useState<Live<T> & { key: string }>({
    key,
    value: undefined,
    error: undefined,
    loading: true,
  });
  const latest = useRef({ open, take });
  latest.current = { open, take };
  useEffect(() => {
    if (paused) return;
    const ended = new AbortController();
    const follow = async () => {
      setLive((before) => (before.key === key ? before : { key, value: undefined, error: undefined, loading: true }));
      while (!ended.signal.aborted) {
        try {
          for await (const message of latest.current.open(ended.signal)) {
            if (ended.signal.aborted) return;
            setLive((before) => ({
              key,
              value: latest.current.take(before.key === key ? before.value : undefined, message),
              error: undefined,
              loading: false,
            }));
          }
        } catch (thrown) {
          if (ended.signal.aborted) return;
          const error = ConnectError.from(thrown);
          setLive((before) => ({ ...before, key, error, loading: false }));
          if (FINAL.has(error.code)) return;
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    };
    void follow();
    return () => ended.abort();
  }, [key, paused]);
  return live.key === key ? live : { value: undefined, error: undefined, loading: true };
}

/** Asks once, and again when `key` changes or `reload` is called. */
export function useAnswer<T>(key: string, ask: (signal: AbortSignal) => Promise<T>): Live<T> & { reload: () => void } {
  const [round, setRound] = useState(0);
  const [live, setLive] = useState<Live<T>>({ value: undefined, error: undefined, loading: true });
  const latest = useRef(ask);
  latest.current = ask;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for what ask asks for
  useEffect(() => {
    const ended = new AbortController();
    setLive((before) => ({ ...before, loading: true }));
    latest.current(ended.signal).then(
      (value) => !ended.signal.aborted && setLive({ value, error: undefined, loading: false }),
      (thrown) =>
        !ended.signal.aborted && setLive({ value: undefined, error: ConnectError.from(thrown), loading: false }),
    );
    return () => ended.abort();
  }, [key, round]);
  return { ...live, reload: () => setRound((before) => before + 1) };
}
