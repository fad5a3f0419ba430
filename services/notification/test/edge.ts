import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Client, Code, ConnectError } from '@connectrpc/connect';
import type { NotificationService } from '@kreki/gen/kreki/notification/v1/notification_service_pb.js';

export interface Edge {
  readonly url: string;
  /** Answers so far, newest last. */
  readonly answers: Code[];
  /** Where webhooks go; refused with 503 while it is undefined. */
  forwardTo(client: Client<typeof NotificationService> | undefined): void;
  stop(): void;
}

/** What the gateway does with a webhook: the bytes as they are, and the header that the contract lets through. */
export async function startEdge(): Promise<Edge> {
  let target: Client<typeof NotificationService> | undefined;
  const answers: Code[] = [];
  const server = createServer(async (request, response) => {
    const data = Buffer.concat(await request.toArray());
    const headers = { 'x-hub-signature-256': String(request.headers['x-hub-signature-256'] ?? '') };
    try {
      if (!target) throw new ConnectError('down', Code.Unavailable);
      const body = { contentType: String(request.headers['content-type']), data };
      await target.receiveWhatsAppWebhook({ body }, { headers });
      response.writeHead(200).end('{}');
    } catch (error) {
      answers.push(ConnectError.from(error).code);
      response.writeHead(503).end();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    forwardTo(client) {
      target = client;
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
