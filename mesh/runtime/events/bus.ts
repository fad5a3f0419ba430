import { setTimeout as sleep } from 'node:timers/promises';
import {
  connect,
  ErrorCode,
  Events,
  type JetStreamClient,
  type JetStreamManager,
  type NatsConnection,
  NatsError,
  type QueuedIterator,
  type Status,
  type Subscription,
} from 'nats';
import type { Logger } from '../log.ts';
import { type Answers, openAnswers } from './answers.ts';
import { inboxOf } from './subjects.ts';

/** A message as a subscriber sees it: an event of a domain, or anything else published on the bus. */
export interface BusMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  /** A header's value; empty when absent. `ce-id`, `ce-type`, `ce-time` and `ce-subject` (the aggregate's id) on events. */
  header(name: string): string;
}

/** JetStream over one connection. */
export interface JetStream {
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
  /** Servers that keep each stream that is made. */
  readonly replicas: number;
}

export interface BusOptions {
  /** Shown by the server; also the name of the inbox. */
  readonly name: string;
  readonly log: Logger;
  /** 1 when not given. */
  readonly replicas?: number | undefined;
}

/** The connection to NATS, made in the background and again whenever it is lost. */
export interface Bus {
  readonly connected: boolean;
  /** JetStream of the present connection; undefined while there is none. */
  jetstream(): (JetStream & { readonly answers: Answers }) | undefined;
  /** Receives what is published from now on, at most once, nothing while disconnected; survives reconnecting. */
  subscribe(subject: string, receive: (message: BusMessage) => void): { stop(): void };
  /** Calls back after each connecting, the first one too: what was published in between may have been missed. */
  onConnect(listener: () => void): { stop(): void };
  stop(): Promise<void>;
}

/** All that is needed of a bus by who asks JetStream something now and then. */
export interface JetStreams {
  jetstream(): JetStream | undefined;
}

/** JetStream as it is connected now; throws when it is not. */
export function required(bus: JetStreams): JetStream {
  const jetstream = bus.jetstream();
  if (!jetstream) throw new Error('NATS is not connected');
  return jetstream;
}

const RETRY_MS = 500;
const REQUEST_TIMEOUT_MS = 5_000;
const FLUSH_MS = 500;

/**
 * Returns at once, also when NATS cannot be reached yet. The URL may hold `user:password@` or `token@`, and several servers separated by commas.
 * @param name Of the process: it is answered in an inbox of this name, which a user with permissions may hear and no other.
 */
export function openBus(url: string, { name, log, replicas = 1 }: BusOptions): Bus {
  const stopping = new AbortController();
  const listeners = new Set<() => void>();
  const subscriptions = new Map<
    object,
    { subject: string; receive: (message: BusMessage) => void; live?: Subscription }
  >();
  let connection: NatsConnection | undefined;
  let streams: ReturnType<Bus['jetstream']>;
  let connected = false;

  const follow = (entry: { subject: string; receive: (message: BusMessage) => void; live?: Subscription }) => {
    if (!connection) return;
    entry.live = connection.subscribe(entry.subject, {
      callback: (error, message) => {
        if (error) return;
        try {
          entry.receive({
            subject: message.subject,
            data: message.data,
            header: (header) => message.headers?.get(header) ?? '',
          });
        } catch (failure) {
          log.error({ err: failure, subject: message.subject }, 'a subscriber failed');
        }
      },
    });
  };

  const announce = () => {
    connected = true;
    for (const listener of listeners) listener();
  };

  const open = async () => {
    while (!stopping.signal.aborted) {
      try {
        const opened = await connect({
          ...serversOf(url),
          name,
          inboxPrefix: inboxOf(name),
          maxReconnectAttempts: -1,
          reconnectTimeWait: 200,
          reconnectJitter: 100,
          pingInterval: 5_000,
          maxPingOut: 2,
          timeout: 3_000,
          // They cost every request an error with its stack, wanted or not.
          noAsyncTraces: true,
        });
        if (stopping.signal.aborted) return void (await opened.close());
        connection = opened;
        streams = {
          client: opened.jetstream({ timeout: REQUEST_TIMEOUT_MS }),
          manager: await opened.jetstreamManager({ timeout: REQUEST_TIMEOUT_MS, checkAPI: false }),
          answers: openAnswers(opened, inboxOf(name)),
          replicas,
        };
        for (const entry of subscriptions.values()) follow(entry);
        announce();
        void watch(opened);
        return;
      } catch (error) {
        if (isRefused(error)) log.error({ err: error }, 'NATS refuses the credentials of this process');
        else log.warn({ err: error }, 'NATS cannot be reached');
        await sleep(RETRY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  };

  const watch = async (opened: NatsConnection) => {
    const statuses = opened.status() as QueuedIterator<Status>;
    // nats.js does not end them when it closes the connection, which it does by itself when credentials were refused twice.
    void opened.closed().then(() => statuses.stop());
    for await (const status of statuses) {
      if (status.type === Events.Disconnect) {
        connected = false;
        log.warn('the connection to NATS was lost');
      }
      if (status.type === Events.Reconnect) {
        log.info('connected to NATS again');
        announce();
      }
      // What has no answer, such as an acknowledgement or a subscription, is refused in this way only.
      if (status.type === Events.Error)
        log.error({ code: status.data, ...status.permissionContext }, 'NATS refused what this process may not do');
    }
    connected = false;
    if (stopping.signal.aborted) return;
    streams = undefined;
    connection = undefined;
    await open();
  };

  const opening = open();
  return {
    get connected() {
      return connected;
    },
    jetstream: () => (connected ? streams : undefined),
    subscribe(subject, receive) {
      const key = {};
      const entry: { subject: string; receive: (message: BusMessage) => void; live?: Subscription } = {
        subject,
        receive,
      };
      subscriptions.set(key, entry);
      follow(entry);
      return {
        stop() {
          subscriptions.delete(key);
          entry.live?.unsubscribe();
        },
      };
    },
    onConnect(listener) {
      listeners.add(listener);
      if (connected) listener();
      return { stop: () => void listeners.delete(listener) };
    },
    async stop() {
      stopping.abort();
      await opening;
      // Acknowledgements are sent without waiting for an answer: they leave before the connection does.
      if (connected) await Promise.race([connection?.flush(), sleep(FLUSH_MS)]).catch(() => undefined);
      await connection?.close();
    },
  };
}

/** What nats.js is told of an URL: credentials apart from the servers. */
export function serversOf(url: string): {
  servers: string[];
  user?: string;
  pass?: string;
  token?: string;
  tls?: object;
} {
  const urls = url.split(',').map((each) => new URL(each.trim()));
  const { username, password } = urls[0] ?? new URL('nats://127.0.0.1');
  const to = {
    servers: urls.map(({ host }) => host),
    ...(urls.some(({ protocol }) => protocol === 'tls:') && { tls: {} }),
  };
  if (password) return { ...to, user: decodeURIComponent(username), pass: decodeURIComponent(password) };
  return username ? { ...to, token: decodeURIComponent(username) } : to;
}

const isRefused = (error: unknown): boolean =>
  error instanceof NatsError && error.code === ErrorCode.AuthorizationViolation;
