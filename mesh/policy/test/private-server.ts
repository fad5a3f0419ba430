import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeServerFolder, serverUser } from '../../local/folders.ts';
import { waitHealthy } from '../../local/health.ts';
import { Processes, type ProcessSpec } from '../../local/processes.ts';
import { removeRunFolder } from '../../local/run-folder.ts';
import { Secrets } from '../../local/secrets.ts';
import type { Server } from '../../local/servers/server.ts';
import { asUser, secretOf } from '../../local/servers/users.ts';
import { findFreePort } from '../../runtime/testing/free-port.ts';

/** A server of one test file's own, set up as the launcher does it. */
export interface PrivateServer {
  /** As its administrator. */
  readonly url: string;
  readonly secrets: Secrets;
  /** As a user of the policy. */
  urlOf(user: string): string;
  /** Where its configuration is, and the number of its process. */
  readonly spec: ProcessSpec;
  pid(): number;
  /** Ends it at once and waits until it is up again, with what it had kept. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

export async function startPrivate(server: Server): Promise<PrivateServer> {
  const folder = mkdtempSync(join(tmpdir(), 'kreki-policy-'));
  chmodSync(folder, 0o711);
  const secrets = new Secrets(folder);
  const processes = new Processes({ folder, onEnd: () => {} });
  const installation = await server.locate();
  if (!installation) throw new Error(`${server.title} is missing`);
  const user = serverUser();
  const port = await findFreePort();
  const password = secrets.password(server.name);
  const spec = await server.prepare(installation, {
    folder: makeServerFolder(join(folder, 'servers'), user),
    port,
    user,
    disposable: true,
    password,
    passwordOf: (name) => secrets.password(secretOf(server.name, name)),
  });
  const url = server.url(port, password);
  const [running] = processes.start([spec]);
  const healthy = async () => running && (await waitHealthy(running, server.probe(url)));
  await healthy();
  return {
    url,
    secrets,
    spec,
    pid: () => running?.pid ?? Number.NaN,
    urlOf: (name) => asUser(url, name, secrets.password(secretOf(server.name, name))),
    async crash() {
      const pid = running?.pid;
      if (pid) process.kill(pid, 'SIGKILL');
      while (running?.pid === pid) await new Promise((resolve) => setTimeout(resolve, 20));
      await healthy();
    },
    async stop() {
      await processes.stop();
      removeRunFolder(folder);
    },
  };
}
