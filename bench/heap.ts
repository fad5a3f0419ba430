/** Memory of a Node.js process without its garbage, by the inspector that a SIGUSR1 opens in it. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 10_000;
const LOOK_AGAIN_MS = 50;
/** A collection can free what makes more garbage: sockets that close, finalizers. */
const TIMES = 3;
/**
 * Told from within, so that nothing is left listening; later, since it waits until nobody is connected, and Node 26 ends with SIGSEGV when the
 * last word to who was is still being written.
 */
const CLOSE = `setTimeout(() => process.getBuiltinModule('node:inspector').close(), 500)`;

/** @param port where its inspector will listen, by `--inspect-port` */
export async function collectGarbage(pid: number, port: number): Promise<void> {
  process.kill(pid, 'SIGUSR1');
  const socket = new WebSocket(await inspectorOf(port));
  await once(socket, 'open');
  let id = 0;
  const call = async (method: string, params: object = {}) => {
    const own = ++id;
    const answered = new Promise<void>((resolve, reject) => {
      const onMessage = ({ data }: MessageEvent) => {
        const answer: { id?: number; error?: { message: string } } = JSON.parse(String(data));
        if (answer.id !== own) return;
        socket.removeEventListener('message', onMessage);
        if (answer.error) reject(new Error(`${method}: ${answer.error.message}`));
        else resolve();
      };
      socket.addEventListener('message', onMessage);
    });
    socket.send(JSON.stringify({ id: own, method, params }));
    return answered;
  };
  for (let time = 0; time < TIMES; time++) await call('HeapProfiler.collectGarbage');
  await call('Runtime.evaluate', { expression: CLOSE });
  socket.close();
}

async function inspectorOf(port: number): Promise<string> {
  const giveUpMs = performance.now() + PATIENCE_MS;
  while (true) {
    const found = await fetch(`http://127.0.0.1:${port}/json/list`).then(
      (answer) => answer.json() as Promise<{ webSocketDebuggerUrl?: string }[]>,
      () => [],
    );
    const url = found[0]?.webSocketDebuggerUrl;
    if (url) return url;
    if (performance.now() > giveUpMs) throw new Error(`no inspector listens on port ${port}`);
    await sleep(LOOK_AGAIN_MS);
  }
}
