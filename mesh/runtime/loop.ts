import type { Logger } from './log.ts';

/** A step that a service repeats for as long as it runs. */
export interface Loop {
  readonly name: string;
  /** Begins, with a first step at once. */
  start(): void;
  /** Runs the next step now; while a step is running, another follows it at once. */
  wake(): void;
  /** Aborts the step's signal, and resolves when the running step has ended. */
  stop(): Promise<void>;
}

const BACK_OFF_MAX_MS = 30_000;

/**
 * Repeats a step, never two at a time: `intervalMs` after the last one ended, sooner on `wake()`, later while it fails (twice as late
 * with each failure, up to `maxBackOffMs`, 30 s when not given, jittered so that replicas do not keep step; `wake()` does not shorten that).
 */
export function loop(
  name: string,
  intervalMs: number,
  step: (signal: AbortSignal) => Promise<unknown>,
  { log, maxBackOffMs = BACK_OFF_MAX_MS }: { log: Logger; maxBackOffMs?: number },
): Loop {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let woken = false;
  let wakeUp = () => {};

  const pause = (ms: number, wakeable: boolean) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(end, ms);
      function end() {
        clearTimeout(timer);
        stopping.signal.removeEventListener('abort', end);
        wakeUp = () => {};
        resolve();
      }
      stopping.signal.addEventListener('abort', end);
      if (wakeable) wakeUp = end;
      if (stopping.signal.aborted) end();
    });

  const run = async () => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      woken = false;
      try {
        await step(stopping.signal);
        failures = 0;
        if (!woken) await pause(intervalMs, true);
      } catch (error) {
        if (stopping.signal.aborted) break;
        failures += 1;
        const waitMs = Math.min(Math.max(intervalMs, 100) * 2 ** failures, maxBackOffMs) * (0.5 + Math.random() / 2);
        log.error({ err: error, loop: name, failures, waitMs: Math.round(waitMs) }, 'step failed');
        await pause(waitMs, false);
      }
    }
  };

  return {
    name,
    start() {
      running ??= run();
    },
    wake() {
      woken = true;
      wakeUp();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
