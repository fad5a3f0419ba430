/**
 * `npm run secrets`: makes the passwords, keys and URLs that docker-compose.yml needs, each in a file under `.kreki/compose`, and names their
 * folder in `.env`. What is there stays. `-- --rotate <word>` makes new passwords for every user whose name holds the word (`nats`, `redis`,
 * `kreki_` for all roles of PostgreSQL, `kreki_auth`), and puts a new key before the others for `personal-data`; they hold after
 * `docker compose up --force-recreate --wait`.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { dataFolder, repository } from '../local/folders.ts';
import { Secrets } from '../local/secrets.ts';
import { OF_PROVIDERS, secretValues } from './values.ts';

export interface Made {
  readonly written: readonly string[];
  /** Files of providers that are not as made here: they are somebody's own. */
  readonly kept: readonly string[];
}

/** @param folder of the mesh in containers; gets `secrets.json` and the files below `secrets` */
export function makeSecrets(folder: string, rotate: readonly string[] = []): Made {
  // Only its owner gets into the folder; the files are for whatever user a container runs as.
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const secrets = new Secrets(folder);
  if (rotate.length > 0) secrets.rotate(rotate);
  const written: string[] = [];
  const kept: string[] = [];
  for (const [path, content] of Object.entries(secretValues(secrets))) {
    const file = join(folder, 'secrets', path);
    const present = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
    if (present === `${content}\n`) continue;
    if (present !== undefined && OF_PROVIDERS.test(path.split('/')[1] ?? '')) {
      kept.push(path);
      continue;
    }
    mkdirSync(dirname(file), { recursive: true });
    // A container holds on to the file that it was given: it is replaced, not written over.
    rmSync(file, { force: true });
    writeFileSync(file, `${content}\n`, { mode: 0o444 });
    written.push(path);
  }
  return { written, kept };
}

/** Adds what compose reads to `.env`, where it is not said yet. */
export function nameInEnv(file: string, variables: Readonly<Record<string, string>>): string[] {
  const present = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const missing = Object.entries(variables).filter(([name]) => !new RegExp(`^${name}=`, 'm').test(present));
  const lines = missing.map(([name, value]) => `${name}=${value}`);
  if (lines.length > 0) {
    writeFileSync(file, `${present}${present && !present.endsWith('\n') ? '\n' : ''}${lines.join('\n')}\n`);
  }
  return lines;
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { rotate: { type: 'string', multiple: true } }, allowPositionals: true });
  const folder = join(dataFolder, 'compose');
  const { written, kept } = makeSecrets(folder, values.rotate);
  for (const path of written) console.log(`made  ${relative(repository, join(folder, 'secrets', path))}`);
  for (const path of kept) console.log(`kept  ${relative(repository, join(folder, 'secrets', path))}`);
  const lines = nameInEnv(join(repository, '.env'), {
    KREKI_SECRETS: `./${relative(repository, join(folder, 'secrets'))}`,
    COMPOSE_PROFILES: 'simulators',
  });
  for (const line of lines) console.log(`.env  ${line}`);
  if (written.length + kept.length + lines.length === 0) console.log('everything is there');
}
