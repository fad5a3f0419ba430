/** Running missing servers in containers, where a docker engine answers. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ProcessSpec } from '../processes.ts';
import { writePrivate } from '../secrets.ts';
import type { Server } from './server.ts';

const run = promisify(execFile);

export interface Container {
  readonly server: Server;
  readonly port: number;
  readonly password: string;
}

/** Whether both the compose plugin and an engine answer. */
export async function hasCompose(): Promise<boolean> {
  try {
    await run('docker', ['compose', 'version']);
    await run('docker', ['info'], { timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}

/** JSON, which is YAML too. Published on the loopback address only. */
export function composeFile(containers: readonly Container[]): string {
  const services = containers.map(({ server, port, password }) => [
    server.name,
    { ...server.compose.definition(password), ports: [`127.0.0.1:${port}:${server.compose.port}`] },
  ]);
  const volumes = containers.map(({ server }) => [server.name, {}]);
  const file = { services: Object.fromEntries(services), volumes: Object.fromEntries(volumes) };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** One attached `docker compose up` a server, so that each is supervised like a process of our own. */
export function composeProcesses(
  folder: string,
  containers: readonly Container[],
  env: ProcessSpec['env'],
): ProcessSpec[] {
  const file = join(folder, 'compose.json');
  writePrivate(file, composeFile(containers));
  return containers.map(({ server }) => ({
    name: server.name,
    command: 'docker',
    args: ['compose', '-p', projectOf(folder), '-f', file, 'up', '--no-color', '--no-log-prefix', server.name],
    env,
    cwd: folder,
  }));
}

/** Removes the containers of a mesh with their data. */
export async function removeContainers(folder: string): Promise<void> {
  const file = join(folder, 'compose.json');
  await run('docker', ['compose', '-p', projectOf(folder), '-f', file, 'down', '-v', '--remove-orphans']);
}

function projectOf(folder: string): string {
  return `kreki-${createHash('sha256').update(folder).digest('hex').slice(0, 10)}`;
}
