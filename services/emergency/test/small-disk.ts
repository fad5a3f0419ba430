import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, type Stats, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type pg from 'pg';

const run = promisify(execFile);
const SIZE_BYTES = 2 * 1024 * 1024;

/** A file system of two megabytes that PostgreSQL keeps tables on. */
export interface SmallDisk {
  readonly tablespace: string;
  /** Leaves no room on it. */
  fill(): void;
  /** Makes room again. */
  free(): void;
  /** Once nothing is on it any more. */
  remove(): Promise<void>;
}

/** @returns why there can be none: it takes a PostgreSQL on this machine, and the right to mount. */
export async function mountSmallDisk(pool: pg.Pool): Promise<SmallDisk | string> {
  const { rows } = await pool.query<{ folder: string }>(`SELECT current_setting('data_directory') AS folder`);
  const owner = ownerOf(rows[0]?.folder ?? '');
  if (!owner) return 'PostgreSQL keeps its files out of reach';
  const folder = mkdtempSync(join(tmpdir(), 'kreki-disk-'));
  chmodSync(folder, 0o711);
  const [disk, tablespace] = [join(folder, 'disk'), `small_${randomBytes(4).toString('hex')}`];
  mkdirSync(disk);
  const options = `size=${SIZE_BYTES},uid=${owner.uid},gid=${owner.gid},mode=0700`;
  try {
    await run('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk]);
  } catch (error) {
    rmSync(folder, { recursive: true });
    return `no file system can be mounted here: ${(error as Error).message.trimEnd()}`;
  }
  const [space, ballast] = [join(disk, 'tables'), join(disk, 'ballast')];
  const unmount = async () => {
    await run('umount', [disk]);
    rmSync(folder, { recursive: true });
  };
  try {
    await run('install', ['-d', '-o', String(owner.uid), '-g', String(owner.gid), '-m', '0700', space]);
    await pool.query(`CREATE TABLESPACE ${tablespace} LOCATION '${space}'`);
  } catch (error) {
    await unmount();
    throw error;
  }
  return {
    tablespace,
    fill() {
      for (let bytes = SIZE_BYTES; bytes >= 1; bytes = Math.floor(bytes / 2)) append(ballast, bytes);
    },
    free: () => truncateSync(ballast),
    remove: unmount,
  };
}

function ownerOf(folder: string): Stats | undefined {
  try {
    return statSync(folder);
  } catch {
    return undefined;
  }
}

/** Writes as often as there is room for so many bytes. */
function append(file: string, bytes: number): void {
  for (;;) {
    try {
      writeFileSync(file, Buffer.alloc(bytes), { flag: 'a' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return;
      throw error;
    }
  }
}
