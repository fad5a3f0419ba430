/**
 * Carries out a Dockerfile without Docker: each stage is a folder, `COPY` copies between them, `RUN` runs in them. It knows what ours uses, and
 * stops at an instruction that it does not know.
 */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, matchesGlob } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const LARGEST_OUTPUT = 64 * 1024 * 1024;

export interface Built {
  /** Where the last stage's files are. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
}

interface Stage {
  readonly root: string;
  workdir: string;
}

/** Steps that concern the system around the files. */
const OF_THE_SYSTEM = /^(LABEL|USER|RUN rm -rf \/usr)/;

/** @param scratch an empty folder: the context and each stage come to lie in it */
export async function carryOut(repository: string, args: Record<string, string>, scratch: string): Promise<Built> {
  const context = join(scratch, 'context');
  await copyContext(repository, context);
  const values: Record<string, string> = { ...args };
  const stages = new Map<string, Stage>();
  const environment: Record<string, string> = {};
  let stage: Stage = { root: scratch, workdir: '.' };
  let command: string[] = [];
  let healthcheck: string[] = [];
  const inside = (path: string) => join(stage.root, path.startsWith('/') ? path : join(stage.workdir, path));

  for (const line of instructions(readFileSync(join(repository, 'Dockerfile'), 'utf8'))) {
    if (OF_THE_SYSTEM.test(line)) continue;
    const [, word = '', text = ''] =
      /^(\w+)\s+(.*)$/.exec(line.replace(/\$\{(\w+)\}/g, (_, name) => values[name] ?? '')) ?? [];
    const words = text.split(/\s+/);
    if (word === 'ARG') {
      const [name = '', preset] = text.split('=');
      if (preset !== undefined) values[name] ??= preset;
    } else if (word === 'FROM') {
      const name = words[2] ?? 'image';
      stage = { root: join(scratch, name), workdir: '/' };
      stages.set(name, stage);
    } else if (word === 'WORKDIR') {
      stage.workdir = text;
      mkdirSync(inside('.'), { recursive: true });
    } else if (word === 'COPY') {
      const from = /^--from=(\w+)$/.exec(words[0] ?? '')?.[1];
      const [source = '', target = ''] = from ? words.slice(1) : words;
      const root = from ? stages.get(from)?.root : context;
      if (!root) throw new Error(`there is no stage ${from}`);
      cpSync(join(root, source), inside(target), { recursive: true, verbatimSymlinks: true });
    } else if (word === 'RUN') {
      await shell(text, stage, args);
    } else if (word === 'ENV') {
      for (const pair of words) environment[pair.split('=')[0] ?? ''] = pair.slice(pair.indexOf('=') + 1);
    } else if (word === 'CMD') {
      command = JSON.parse(text);
    } else if (word === 'HEALTHCHECK') {
      healthcheck = JSON.parse(text.slice(text.indexOf('[')));
    } else {
      throw new Error(`${word} is not known here`);
    }
  }
  return { folder: inside('.'), environment, command, healthcheck };
}

/** Absolute paths are those below the stage's folder. */
async function shell(text: string, stage: Stage, args: Record<string, string>): Promise<void> {
  const script = text.replace(/^(--mount=\S+\s+)+/, '').replaceAll(/(?<=\s)\/(?=manifests|image)/g, `${stage.root}/`);
  const env = {
    ...process.env,
    ...args,
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
    npm_config_prefer_offline: 'true',
  };
  const cwd = join(stage.root, stage.workdir);
  await run('sh', ['-ec', script], { cwd, env, maxBuffer: LARGEST_OUTPUT }).catch((error) => {
    throw new Error(`RUN ${text}\n${error.stdout}${error.stderr}`);
  });
}

/** Without comments, and with continued lines joined. */
function instructions(text: string): string[] {
  const joined = text.replaceAll(/^\s*#.*\n/gm, '').replaceAll(/\\\n\s*/g, ' ');
  return joined.split('\n').flatMap((line) => line.trim() || []);
}

/** The files of a clone but for those that .dockerignore names. */
async function copyContext(repository: string, context: string): Promise<void> {
  const ignored = instructions(readFileSync(join(repository, '.dockerignore'), 'utf8'));
  const isIgnored = (path: string): boolean =>
    ignored.some((pattern) => matchesGlob(path, pattern)) || (dirname(path) !== '.' && isIgnored(dirname(path)));
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  const { stdout } = await run('git', args, { cwd: repository, maxBuffer: LARGEST_OUTPUT });
  for (const path of stdout.split('\0').filter(Boolean)) {
    if (isIgnored(path) || !existsSync(join(repository, path))) continue;
    cpSync(join(repository, path), join(context, path));
  }
}
