import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** Has a process's debugger listen on a port of its own, which it tells in its log. */
export const DEBUGGED = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };

const LISTENING = /^Debugger listening on (ws:\S+)$/gm;
const PATIENCE_MS = 20_000;

interface HeapUsage {
  readonly usedSize: number;
  readonly backingStorageSize?: number;
}

/** Bytes that a process still needs, by its log: what its heap holds once everything else was collected. Undefined where it has no debugger. */
export async function liveBytes(logFile: string): Promise<number | undefined> {
  const url = [...readFileSync(logFile, 'utf8').matchAll(LISTENING)].at(-1)?.[1];
  if (url === undefined) return undefined;
  const socket = new WebSocket(url);
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    await once(socket, 'open', { signal });
    const ask = async (id: number, method: string) => {
      socket.send(JSON.stringify({ id, method }));
      const [event] = (await once(socket, 'message', { signal })) as [{ data: string }];
      return JSON.parse(event.data).result;
    };
    await ask(1, 'HeapProfiler.collectGarbage');
    const { usedSize, backingStorageSize = 0 }: HeapUsage = await ask(2, 'Runtime.getHeapUsage');
    return usedSize + backingStorageSize;
  } catch {
    // A process that is too busy to answer, or has just ended, is asked again the next time.
    return undefined;
  } finally {
    socket.close();
  }
}
