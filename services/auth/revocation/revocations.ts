import { randomUUID } from 'node:crypto';
import type { Database } from '@kreki/runtime/database/database';
import type { Logger } from '@kreki/runtime/log';
import type { Redis } from 'ioredis';
import { listRevocations, listUnpublished, markPublished, type Revocation } from '../store/revocations.ts';
import { EPOCH_KEY, redisKey } from './redis-keys.ts';

/** Keeps the later of two values, so that replicas may write in any order. */
const KEEP_LATER = `
  local known = tonumber(redis.call('GET', KEYS[1]))
  if not known or known <= tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1], 'PXAT', ARGV[2]) end`;

/** Marks Redis as filled, unless it was emptied or filled by another replica meanwhile. */
const FINISH = `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2]) end`;

const PAGE_SIZE = 500;

/** Brings revocations from the database, where they are durable, to Redis, where the edge reads them. */
export class Revocations {
  readonly #redis: Redis;
  readonly #database: Database;
  readonly #log: Logger;

  constructor(redis: Redis, database: Database, log: Logger) {
    this.#redis = redis;
    this.#database = database;
    this.#log = log;
  }

  /** Tells Redis what has just been committed; what it cannot be told now it is told by `catchUp`. */
  async publish(revocations: readonly Revocation[]): Promise<void> {
    if (revocations.length === 0) return;
    try {
      await this.#write(revocations);
    } catch (error) {
      this.#log.warn({ err: error, revocations: revocations.length }, 'revocations wait for redis');
    }
  }

  /** Tells Redis what it does not have: all of it after Redis lost its data, else what could not be written before. */
  async catchUp(): Promise<void> {
    if (this.#redis.status !== 'ready') return;
    const run = await this.#run();
    if ((await this.#redis.get(EPOCH_KEY)) === run) await this.#publishUnpublished();
    else await this.#rebuild(run);
  }

  async #publishUnpublished(): Promise<void> {
    let page: Revocation[];
    do {
      page = await listUnpublished(this.#database, PAGE_SIZE);
      if (page.length > 0) await this.#write(page);
    } while (page.length === PAGE_SIZE);
  }

  async #rebuild(run: string): Promise<void> {
    const attempt = `rebuilding:${randomUUID()}`;
    await this.#redis.set(EPOCH_KEY, attempt);
    let written = 0;
    let page: Revocation[];
    let after = '';
    do {
      page = await listRevocations(this.#database, after, PAGE_SIZE);
      if (page.length > 0) await this.#write(page);
      after = page.at(-1)?.subject ?? after;
      written += page.length;
    } while (page.length === PAGE_SIZE);
    await this.#redis.eval(FINISH, 1, EPOCH_KEY, attempt, run);
    this.#log.info({ revocations: written }, 'redis filled with revocations');
  }

  async #write(revocations: readonly Revocation[]): Promise<void> {
    const pipeline = this.#redis.pipeline();
    for (const { subject, value, expireTime } of revocations) {
      pipeline.eval(KEEP_LATER, 1, redisKey(subject), value, expireTime.getTime());
    }
    const results = (await pipeline.exec()) ?? [];
    const failed = results.find(([error]) => error !== null)?.[0];
    if (failed) throw failed;
    await markPublished(this.#database, revocations);
  }

  /** Redis names each of its starts; after a restart from an old snapshot, what it was told since is missing. */
  async #run(): Promise<string> {
    const info = await this.#redis.info('server');
    return /^run_id:(\w+)/m.exec(info)?.[1] ?? 'unknown';
  }
}
