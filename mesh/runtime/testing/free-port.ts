import { createServer } from 'node:net';

/** Below those that Linux gives to outgoing connections: one of these could have it by the time it is listened on, or while a server restarts. */
const LOWEST = 10_000;
const HIGHEST = 20_000;

/** A port of the loopback address that nobody listens on now. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (await canListen(port)) return port;
  }
}

const canListen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
