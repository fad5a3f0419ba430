import { once } from 'node:events';
import { connect } from 'node:net';

/** What one user may do on a NATS server, as the server itself says. */
export interface NatsProbe {
  mayPublish(subject: string): Promise<boolean>;
  maySubscribe(subject: string): Promise<boolean>;
  stop(): void;
}

/**
 * Speaks NATS' own protocol: a refusal comes before the answer to a PING sent behind what is refused, so that nothing waits for time to pass.
 */
export async function probeAs(url: string): Promise<NatsProbe> {
  const { hostname, port, username, password } = new URL(url);
  const socket = connect(Number(port), hostname);
  let received = '';
  socket.setEncoding('utf8');
  const ask = async (command: string): Promise<boolean> => {
    received = '';
    socket.write(`${command}PING\r\n`);
    while (!received.includes('PONG\r\n')) {
      const [chunk] = await once(socket, 'data');
      received += chunk;
      const error = /^-ERR '(.+)'\r$/m.exec(received)?.[1];
      if (error && !/^Permissions Violation/.test(error)) throw new Error(error);
    }
    return !received.includes('-ERR');
  };
  await once(socket, 'connect');
  await ask(`CONNECT ${JSON.stringify({ user: username, pass: password, verbose: false, pedantic: false })}\r\n`);
  let subscriptions = 0;
  return {
    mayPublish: (subject) => ask(`PUB ${subject} 0\r\n\r\n`),
    async maySubscribe(subject) {
      subscriptions += 1;
      const allowed = await ask(`SUB ${subject} ${subscriptions}\r\n`);
      if (allowed) socket.write(`UNSUB ${subscriptions}\r\n`);
      return allowed;
    },
    stop: () => socket.destroy(),
  };
}
