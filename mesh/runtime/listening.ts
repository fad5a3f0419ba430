import { type AddressInfo, Server, type Socket } from 'node:net';

/** Where a server listens. */
export interface ListenAddress {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /**
   * A bound socket that this process was given, which comes before host and port. It outlives the process: a successor takes over without a
   * connection refused or lost, and whoever comes while there is none waits for it.
   */
  readonly portFd?: number | undefined;
}

export interface Listener {
  readonly port: number;
  /**
   * Takes no more connections; resolves when the last one has ended. Those of HTTP/1.1 go on even when idle, where its own `close` would cut
   * them off under a request that is just on its way.
   */
  close(): Promise<void>;
  /** Ends the connections that are left, without asking. */
  destroy(): void;
}

/** Listens with a server of TCP, TLS, HTTP or HTTP/2; resolves once it takes connections. */
export async function openListener(server: Server, { host, port, portFd }: ListenAddress): Promise<Listener> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(portFd === undefined ? { host, port } : { fd: portFd }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => Server.prototype.close.call(server, () => resolve())),
    destroy: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}
