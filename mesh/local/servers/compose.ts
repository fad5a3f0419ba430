/** Running missing servers in containers, where a docker engine answers. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inheritedEnvironment } from '../environment.ts';
import type { ProcessSpec } from '../processes.ts';
import { writePrivate } from '../secrets.ts';
import type { Accounts, Server, ServerName } from './server.ts';

const run = promisify(execFile);

export interface Container extends Accounts {
  readonly server: Server;
  readonly port: number;
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
  const services = containers.map(({ server, port, ...accounts }) => [
    server.name,
    { ...server.compose.definition(accounts), ports: [`127.0.0.1:${port}:${server.compose.port}`] },
  ]);
  const volumes = containers.map(({ server }) => [server.name, {}]);
  const file = { services: Object.fromEntries(services), volumes: Object.fromEntries(volumes) };
  return `${JSON.stringify(file, null, 2)}\n`;
}

export function writeComposeFile(folder: string, containers: readonly Container[]): void {
  writePrivate(fileIn(folder), composeFile(containers));
}

/** One attached `docker compose up` a server, so that each is supervised like a process of our own. */
export function composeProcess(folder: string, name: ServerName, env: NodeJS.ProcessEnv): ProcessSpec {
  return {
    name,
    command: 'docker',
    args: [...composeOf(folder), 'up', '--no-color', '--no-log-prefix', name],
    env: inheritedEnvironment(env),
    cwd: folder,
  };
}

/** Removes the containers of a mesh with their data, if it ever had any. */
export async function removeContainers(folder: string): Promise<void> {
  if (!existsSync(fileIn(folder))) return;
  await run('docker', [...composeOf(folder), 'down', '-v', '--remove-orphans']);
}

function composeOf(folder: string): string[] {
  const project = `kreki-${createHash('sha256').update(folder).digest('hex').slice(0, 10)}`;
  return ['compose', '-p', project, '-f', fileIn(folder)];
}

function fileIn(folder: string): string {
  return join(folder, 'compose.json');
}
