/** Installing missing servers from Debian's packages, leaving none of Debian's own instances behind. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import type { ServerName } from './server.ts';

const run = promisify(execFile);

/** The words that root commands begin with, or undefined where this is no Debian or we may not install. */
export async function findInstaller(): Promise<string[] | undefined> {
  if (!existsSync('/etc/debian_version') || !existsSync('/usr/bin/apt-get')) return undefined;
  if (process.getuid?.() === 0) return [];
  const withoutPassword = await run('sudo', ['-n', 'true']).then(
    () => true,
    () => false,
  );
  return withoutPassword ? ['sudo', '-n'] : undefined;
}

export async function packagesFor(servers: readonly ServerName[]): Promise<string[]> {
  const packages: string[] = [];
  for (const server of servers) {
    switch (server) {
      case 'postgres':
        packages.push('postgresql', `postgresql-${await postgresMajor()}-postgis-3`);
        break;
      case 'nats':
        packages.push('nats-server');
        break;
      case 'redis':
        packages.push('redis-server');
        break;
      default:
        server satisfies never;
    }
  }
  return packages;
}

export async function install(servers: readonly ServerName[], prefix: readonly string[]): Promise<string> {
  const script = installScript();
  await asRoot(prefix, ['apt-get', 'update', '-q']);
  const packages = await packagesFor(servers);
  await asRoot(prefix, ['sh', '-euc', script, 'install', ...packages]);
  return packages.join(' ');
}

/**
 * Debian starts a server's own instance when its package is installed, makes a PostgreSQL cluster, and starts both again at
 * every boot. A policy-rc.d that refuses, and a createcluster setting, prevent it while we install; both go afterwards,
 * and a policy that was there before stays.
 */
export function installScript(): string {
  return `
policy=/usr/sbin/policy-rc.d
cluster=/etc/postgresql-common/createcluster.d/kreki.conf
clean() { rm -f "$cluster"; rmdir --ignore-fail-on-non-empty -p "\${cluster%/*}" 2>/dev/null || true; if [ "\${ours-}" ]; then rm -f "$policy"; fi; }
trap clean EXIT
trap 'exit 1' INT TERM
if [ ! -e "$policy" ]; then ours=1; printf '#!/bin/sh\\nexit 101\\n' > "$policy"; chmod 755 "$policy"; fi
mkdir -p "\${cluster%/*}"
echo 'create_main_cluster = false' > "$cluster"
export DEBIAN_FRONTEND=noninteractive
apt-get install -y -q --no-install-recommends "$@" </dev/null
if [ -d /run/systemd/system ]; then
  for package in "$@"; do case "$package" in nats-server|redis-server|postgresql) systemctl -q disable "$package" || true;; esac; done
fi
`;
}

async function postgresMajor(): Promise<string> {
  const { stdout } = await run('apt-cache', ['depends', 'postgresql']);
  return /Depends: postgresql-(\d+)/.exec(stdout)?.[1] ?? '15';
}

async function asRoot(prefix: readonly string[], command: readonly string[]): Promise<void> {
  const [file = '', ...args] = [...prefix, ...command];
  await run(file, args, { maxBuffer: 64 * 1024 * 1024 }).catch((error) => {
    throw new Error(`${command[0]} failed:\n${String(error.stderr || error.stdout || error.message).trimEnd()}`);
  });
}
