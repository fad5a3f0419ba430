import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SimulatorsConfig } from './config.ts';
import { Faults } from './control/faults.ts';
import { AccessTokens } from './fcm/access-tokens.ts';
import { type Context, route } from './http/route.ts';
import { Inbox } from './inbox/inbox.ts';
import { EventStream } from './inbox/stream-events.ts';
import { noLedger, openLedger } from './ledger/ledger.ts';
import { restore } from './ledger/restore.ts';
import { smtpServer } from './smtp/server.ts';
import { Replies } from './whatsapp/replies.ts';
import { Statuses } from './whatsapp/statuses.ts';
import { WebhookQueue } from './whatsapp/webhook-queue.ts';

export type { SimulatorsConfig, WhatsAppConfig } from './config.ts';
export type { ServiceAccount } from './fcm/service-account.ts';
export type { Message } from './inbox/message.ts';

/** The organisation's own number, as its volunteers see it. */
const BUSINESS_NUMBER = '622150101119';

export interface Simulators {
  /** Base URL of FCM, WhatsApp, the control API and the live page. */
  readonly url: string;
  readonly smtpPort: number;
  stop(): Promise<void>;
}

/** Starts every stand-in; rejects when a port is taken. */
export async function startSimulators(config: SimulatorsConfig): Promise<Simulators> {
  const { ledger, entries } = config.ledgerFile ? openLedger(config.ledgerFile) : { ledger: noLedger, entries: [] };
  const inbox = new Inbox(config.keep, ledger);
  const faults = new Faults();
  const webhookUrl = `${config.edgeUrl}/webhooks/whatsapp`;
  const { appSecret, phoneNumberId } = config.whatsapp;
  const webhooks = new WebhookQueue(
    { url: webhookUrl, appSecret, phoneNumberId, displayPhoneNumber: BUSINESS_NUMBER },
    ledger,
  );
  const statuses = new Statuses(webhooks, inbox);
  restore(entries, { inbox, webhooks, statuses });
  const replies = new Replies(webhooks, inbox, BUSINESS_NUMBER);
  const events = new EventStream(inbox);
  const tokens = new AccessTokens(config.fcm);
  const context: Context = {
    fcm: { projectId: config.fcm.project_id, tokens, faults, inbox },
    whatsapp: { config: config.whatsapp, faults, inbox, statuses, replies },
    webhooks,
    webhookUrl,
    faults,
    inbox,
    events,
  };

  const http = createServer(
    { keepAliveTimeout: 60_000 },
    (request, response) => void route(context, request, response),
  );
  const smtp = smtpServer(inbox, faults);
  // A peer that hangs up in the middle of a mail is its own affair.
  smtp.on('error', (error: NodeJS.ErrnoException) => {
    if (error.syscall !== 'listen') console.error(`smtp: ${error.message}`);
  });
  const stop = async () => {
    events.stop();
    statuses.stop();
    webhooks.stop();
    const closed = [new Promise((done) => http.close(done)), new Promise<void>((done) => smtp.close(() => done()))];
    http.closeIdleConnections();
    // Whoever is still being answered gets a second.
    const cut = setTimeout(() => http.closeAllConnections(), 1_000);
    await Promise.all(closed);
    clearTimeout(cut);
    ledger.close();
  };

  try {
    http.listen(config.httpPort, config.host);
    await once(http, 'listening');
    const mail = smtp.listen(config.smtpPort, config.host);
    await once(mail, 'listening');
    const { port } = http.address() as AddressInfo;
    return { url: `http://${config.host}:${port}`, smtpPort: (mail.address() as AddressInfo).port, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
