/** How commands reach a launcher that runs: a socket in its data folder, lines of text both ways. */
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';

/** Carries out a command; each line told is shown to whoever sent it. */
export type Execute = (words: readonly string[], tell: (line: string) => void) => Promise<void>;

export interface Control {
  stop(): void;
}

const done = '✓';
const failed = '✗';

/** @throws Error when the socket cannot be made */
export async function startControl(folder: string, execute: Execute): Promise<Control> {
  const path = socketPath(folder);
  // What a killed launcher left would be in the way.
  rmSync(path, { force: true });
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    clients.add(client);
    client.on('error', () => {});
    client.once('close', () => clients.delete(client));
    createInterface({ input: client }).once('line', (line) => void answer(client, line.split(' '), execute));
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    stop() {
      server.close();
      for (const client of clients) client.destroy();
    },
  };
}

async function answer(client: Socket, words: readonly string[], execute: Execute): Promise<void> {
  const tell = (line: string) => void client.write(`${line}\n`);
  try {
    await execute(words, tell);
    client.end(`${done}\n`);
  } catch (error) {
    client.end(`${failed} ${error instanceof Error ? error.message : error}\n`);
  }
}

/** Sends a command to the launcher of a data folder and prints what it tells. @returns whether it was carried out */
export async function command(
  folder: string,
  words: readonly string[],
  print: (line: string) => void,
): Promise<boolean> {
  const socket = connect(socketPath(folder));
  try {
    await once(socket, 'connect');
  } catch {
    print(`${failed} no mesh of this clone runs: npm start`);
    return false;
  }
  socket.write(`${words.join(' ')}\n`);
  let last = '';
  for await (const line of createInterface({ input: socket })) {
    if (line !== done) print(line);
    last = line;
  }
  return last === done;
}

/** Relative where that is shorter: the system takes about a hundred characters. */
function socketPath(folder: string): string {
  const path = join(folder, 'launcher.sock');
  const short = relative(process.cwd(), path);
  return short.length < path.length ? short : path;
}
