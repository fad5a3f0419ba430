import { Agent } from 'node:https';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';

/**
 * Takes every request of an SDK whose host is a constant to another endpoint, in the clear when that is http. Paths stay as they
 * are: an endpoint answers under its own prefix and without it.
 */
export class EndpointAgent extends Agent {
  readonly #endpoint: URL;

  constructor(endpoint: string, maxSockets: number) {
    super({ keepAlive: true, maxSockets });
    this.#endpoint = new URL(endpoint);
  }

  override createConnection(): Duplex {
    const { protocol, hostname, port } = this.#endpoint;
    if (protocol === 'http:') return connect(Number(port || 80), hostname);
    return connectTls({ host: hostname, port: Number(port || 443), servername: hostname });
  }
}
