import type { Ports } from '../../local/ports.ts';
import { type Network, nameOf, type Way } from '../network/network.ts';

/** Something that listens: which process it is of, and where. */
export interface Endpoint {
  readonly name: string;
  readonly process: string;
  readonly port: number;
}

/** What stands for the people's phones: where the load comes from. */
export const PHONES = 'phones';

export function endpointsOf(ports: Ports): Endpoint[] {
  const of = (process: string, port: { number: number }, name = process) => ({ name, process, port: port.number });
  return [
    of('gateway', ports.http),
    of('gateway', ports.h2c, 'gateway-h2c'),
    of('simulators', ports.simulators),
    of('simulators', ports.smtp, 'simulators-smtp'),
    ...Object.entries(ports.services).map(([name, port]) => of(name, port)),
    ...Object.entries(ports.servers).map(([name, port]) => of(name, port)),
  ];
}

/** Puts a link between whoever calls and whom they call, wherever an address is told. */
export class Routes {
  readonly ways: Way[] = [];
  readonly #endpoints: readonly Endpoint[];
  readonly #network: Network;
  readonly #nextPort: () => number;
  readonly #ports = new Map<string, number>();
  readonly #opening: Promise<void>[] = [];

  constructor(endpoints: readonly Endpoint[], network: Network, nextPort: () => number) {
    this.#endpoints = endpoints;
    this.#network = network;
    this.#nextPort = nextPort;
  }

  /** A text in which every address of a part is that of the link by which `from` reaches it. */
  reroute(from: string, text: string): string {
    return text.replace(/\b(127\.0\.0\.1|localhost):(\d+)/g, (address, host: string, port: string) => {
      const endpoint = this.#endpoints.find((each) => each.port === Number(port));
      return endpoint && endpoint.process !== from ? `${host}:${this.#portOf(from, endpoint)}` : address;
    });
  }

  rerouteAll(from: string, values: Readonly<Record<string, string>>): Record<string, string> {
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, this.reroute(from, value)]));
  }

  /** Resolves when every link made so far takes connections. */
  async opened(): Promise<void> {
    await Promise.all(this.#opening);
  }

  /** Links between two processes, whoever calls. */
  between(one: string, other: string): Way[] {
    return this.ways.filter(({ from, to }) => {
      const process = this.processOf(to);
      return (from === one && process === other) || (from === other && process === one);
    });
  }

  /** Links that a process calls or is called by. */
  of(process: string): Way[] {
    return this.ways.filter(({ from, to }) => from === process || this.processOf(to) === process);
  }

  processOf(endpoint: string): string {
    return this.#endpoints.find(({ name }) => name === endpoint)?.process ?? endpoint;
  }

  #portOf(from: string, { name: to, port: target }: Endpoint): number {
    const way = { from, to };
    const known = this.#ports.get(nameOf(way));
    if (known !== undefined) return known;
    const port = this.#nextPort();
    this.#ports.set(nameOf(way), port);
    this.ways.push(way);
    this.#opening.push(this.#network.open(way, port, target));
    return port;
  }
}
