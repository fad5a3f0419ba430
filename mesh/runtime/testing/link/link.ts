import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type Condition, type LinkState, OPEN } from './condition.ts';
import { Pipe, reset } from './pipe.ts';

const HOST = '127.0.0.1';

interface Connection {
  readonly client: Socket;
  readonly server: Socket;
  readonly there: Pipe;
  readonly back: Pipe;
  /** Whether the server's end is gone and the client is not to learn of it. */
  forgotten: boolean;
}

/**
 * The way from one part to another: takes connections on a port of its own and carries them to the other's, as the condition allows. It knows
 * nothing of what it carries.
 */
export class Link {
  #port: number;
  readonly #target: number;
  readonly #connections = new Set<Connection>();
  /** Clients that came while nothing went through, in the order in which they did. */
  readonly #waiting = new Set<Socket>();
  #server: Server | undefined;
  #condition: Condition = OPEN;

  /** @param port Where it listens, on the loopback address like the target; any free one when 0. */
  constructor(port: number, target: number) {
    this.#port = port;
    this.#target = target;
  }

  async start(): Promise<void> {
    // Half-closed connections stay so: a client may have said all and still wait for the answer.
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
    this.#server = server;
    server.listen(this.#port, HOST);
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
  }

  get port(): number {
    return this.#port;
  }

  async stop(): Promise<void> {
    this.#cut();
    await this.#unlisten();
  }

  async set(condition: Condition): Promise<void> {
    this.#condition = condition;
    if (condition.kind === 'refused') {
      this.#cut();
      await this.#unlisten();
      return;
    }
    if (!this.#server) await this.start();
    for (const connection of this.#connections) this.#apply(connection);
    if (this.#silent('there') || this.#silent('back')) return;
    for (const client of this.#waiting) this.#connect(client);
    this.#waiting.clear();
  }

  /** As when a router forgets its connections: the server's ends close, and whatever the clients send goes nowhere, for ever. */
  forget(): void {
    for (const connection of this.#connections) {
      if (connection.forgotten || connection.client.destroyed) continue;
      connection.forgotten = true;
      connection.there.stop();
      connection.back.stop();
      connection.there.hold(true);
      connection.back.hold(true);
      connection.server.destroy();
      if (connection.client.readableEnded) connection.client.destroy();
      else connection.client.on('end', () => connection.client.destroy());
    }
  }

  state(): LinkState {
    const all = [...this.#connections];
    const whole = all.filter(({ client, server, forgotten }) => !forgotten && !client.destroyed && !server.destroyed);
    const forgotten = all.filter((connection) => connection.forgotten && !connection.client.destroyed).length;
    return { connections: whole.length, dangling: all.length - whole.length - forgotten, forgotten };
  }

  #accept(client: Socket): void {
    if (!this.#silent('there') && !this.#silent('back')) {
      this.#connect(client);
      return;
    }
    this.#waiting.add(client);
    client.on('error', () => undefined);
    client.on('close', () => this.#waiting.delete(client));
  }

  #connect(client: Socket): void {
    const server = connect({ port: this.#target, host: HOST, allowHalfOpen: true, noDelay: true });
    const [there, back] = [new Pipe(client, server), new Pipe(server, client)];
    const connection = { client, server, there, back, forgotten: false };
    this.#connections.add(connection);
    const closed = () => {
      if (client.destroyed && (server.destroyed || connection.forgotten)) this.#connections.delete(connection);
    };
    client.on('close', closed);
    server.on('close', closed);
    this.#apply(connection);
  }

  #apply({ there, back, forgotten }: Connection): void {
    if (forgotten) return;
    const { kind } = this.#condition;
    const slow = kind === 'slow' ? this.#condition : { latencyMs: 0, jitterMs: 0 };
    for (const pipe of [there, back]) pipe.setDelay(() => slow.latencyMs + Math.random() * slow.jitterMs);
    there.hold(this.#silent('there'));
    back.hold(this.#silent('back'));
  }

  #silent(direction: 'there' | 'back'): boolean {
    const { kind } = this.#condition;
    return kind === 'silent' && [direction, 'both'].includes(this.#condition.direction);
  }

  #cut(): void {
    for (const { client, server, there, back } of this.#connections) {
      there.stop();
      back.stop();
      reset(client);
      reset(server);
    }
    for (const client of this.#waiting) reset(client);
    this.#waiting.clear();
  }

  async #unlisten(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    server.close();
    await once(server, 'close');
  }
}
