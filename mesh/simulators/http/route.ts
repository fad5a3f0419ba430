import type { IncomingMessage, ServerResponse } from 'node:http';
import { control } from '../control/control.ts';
import type { Faults } from '../control/faults.ts';
import { type Fcm, send as sendPush } from '../fcm/send.ts';
import type { Inbox } from '../inbox/inbox.ts';
import { listMessages } from '../inbox/list-messages.ts';
import { listPhones } from '../inbox/list-phones.ts';
import type { EventStream } from '../inbox/stream-events.ts';
import { summarise } from '../inbox/summarise.ts';
import { act } from '../phones/act.ts';
import { send as sendWhatsApp, type WhatsApp } from '../whatsapp/send.ts';
import { verifyWebhook } from '../whatsapp/verify-webhook.ts';
import type { WebhookQueue } from '../whatsapp/webhook-queue.ts';
import { BodyTooLarge, sendJson, sendProblem } from './exchange.ts';
import { servePage } from './page.ts';

/** Everything the HTTP port answers with. */
export interface Context {
  readonly fcm: Fcm;
  readonly whatsapp: WhatsApp;
  readonly webhooks: WebhookQueue;
  readonly webhookUrl: string;
  readonly faults: Faults;
  readonly inbox: Inbox;
  readonly events: EventStream;
}

const FCM_SEND = /^(?:\/fcm)?\/v1\/projects\/([^/]+)\/messages:send$/;
const FCM_TOKEN = /^(?:\/fcm)?(?:\/token|\/oauth2\/v4\/token)$/;
const WHATSAPP_SEND = /^(?:\/whatsapp)?\/v\d+\.\d\/([^/]+)\/messages$/;
const PHONE_ACTION = /^\/phones\/([^/]+)\/([a-z]+)$/;

export async function route(context: Context, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    await dispatch(context, request, response);
  } catch (error) {
    if (response.headersSent || request.socket.destroyed) return void response.destroy();
    if (error instanceof BodyTooLarge) return sendProblem(response, 413, 'BODY_TOO_LARGE', error.message);
    if (error instanceof URIError) return sendProblem(response, 400, 'INVALID_PATH', 'the path is wrongly encoded');
    console.error(error);
    sendProblem(response, 500, 'INTERNAL', 'the simulator failed');
  }
}

async function dispatch(context: Context, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const target = request.url ?? '/';
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = () => new URLSearchParams(mark < 0 ? '' : target.slice(mark));

  if (request.method === 'POST') {
    // The providers' own routes come first: they are the hot ones.
    const project = FCM_SEND.exec(path)?.[1];
    if (project) return sendPush(context.fcm, decodeURIComponent(project), request, response);
    const number = WHATSAPP_SEND.exec(path)?.[1];
    if (number) return sendWhatsApp(context.whatsapp, decodeURIComponent(number), request, response);
    if (FCM_TOKEN.test(path)) return context.fcm.tokens.exchange(request, response);
    const [, phone, action] = PHONE_ACTION.exec(path) ?? [];
    if (phone && action) {
      const { replies, statuses } = context.whatsapp;
      return act(replies, statuses, decodeURIComponent(phone), action, request, response);
    }
    if (path === '/whatsapp/verify-webhook') {
      return verifyWebhook(context.webhookUrl, context.whatsapp.config.verifyToken, response);
    }
  }
  if (path === '/control') return control(context.faults, request, query(), response);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return sendProblem(response, 404, 'NOT_FOUND', `no ${request.method} ${path}`);
  }
  switch (path) {
    case '/messages':
      return listMessages(context.inbox, query(), response);
    case '/messages/summary':
      return summarise(context.inbox, query(), response);
    case '/phones':
      return listPhones(context.inbox, query(), response);
    case '/events':
      return context.events.open(request, response);
    case '/healthz': {
      const { counts, queued } = context.webhooks;
      return sendJson(response, 200, { status: 'ok', webhooks: { queued, ...counts } });
    }
    default:
      if (!servePage(path, response)) sendProblem(response, 404, 'NOT_FOUND', `no ${request.method} ${path}`);
  }
}
