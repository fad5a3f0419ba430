import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WhatsAppConfig } from '../config.ts';
import type { Fault, Faults } from '../control/faults.ts';
import { parseObject, readBody, sendJson } from '../http/exchange.ts';
import type { Inbox } from '../inbox/inbox.ts';
import { canonicalRecipient } from '../inbox/recipient.ts';
import { type GraphAnswer, invalidParameter, invalidToken, unknownObject, whatsappError } from './errors.ts';
import type { Replies } from './replies.ts';
import type { Statuses } from './statuses.ts';
import { validate } from './validate.ts';

export interface WhatsApp {
  readonly config: WhatsAppConfig;
  readonly faults: Faults;
  readonly inbox: Inbox;
  readonly statuses: Statuses;
  readonly replies: Replies;
}

const DEFAULT_DELAY_MS = 5_000;
const OUTSIDE_SESSION = 131047;

/** POST /v{N}.0/{phoneNumberId}/messages */
export async function send(
  whatsapp: WhatsApp,
  phoneNumberId: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const text = await readBody(request);
  const answer = (to: GraphAnswer) => sendJson(response, to.status, to.body);
  if (request.headers.authorization !== `Bearer ${whatsapp.config.accessToken}`) return answer(invalidToken());
  if (phoneNumberId !== whatsapp.config.phoneNumberId) return answer(unknownObject(phoneNumberId));
  const body = parseObject(text);
  if (!body) return answer(invalidParameter('The body is not a JSON object.'));
  const read = validate(body);
  if ('refusal' in read) return answer(read.refusal);

  const to = canonicalRecipient(body.to as string);
  const waId = to.slice(1);
  const fault = whatsapp.faults.take('whatsapp', to);
  if (fault?.fault === 'reset') {
    request.socket.destroy();
    return;
  }
  if (fault?.fault === 'slow') await sleep(fault.delayMs ?? DEFAULT_DELAY_MS, undefined, { ref: false });
  const code = codeOf(fault);
  if (code !== undefined && fault?.via !== 'webhook') return answer(whatsappError(code));

  const { content } = read;
  const id = `wamid.${Buffer.from(`\x1c\x18\r${waId}\x15\x02\x00\x11\x18\x12`).toString('base64url')}${randomBytes(12).toString('base64url')}`;
  const callbackData = body.biz_opaque_callback_data as string | undefined;
  // Free text reaches only somebody who wrote within the last day; the API accepts it and reports later.
  const failure =
    code ?? (content.type !== 'template' && !whatsapp.replies.inSession(to) ? OUTSIDE_SESSION : undefined);
  const message = {
    id,
    channel: 'whatsapp' as const,
    to,
    title: content.title,
    body: content.body,
    data: callbackData === undefined ? content.data : { ...content.data, callbackData },
    status: 'accepted',
    ...(content.buttons.length > 0 && { buttons: content.buttons }),
    ...(callbackData !== undefined && { key: callbackData }),
  };
  // A message that fails never reaches the phone.
  const shown =
    failure === undefined
      ? whatsapp.inbox.receive(message)
      : { ...message, receivedAt: '', deliveries: 0, deliveredAt: [], cursor: 0 };
  const outgoing = { message: shown, waId, ...(callbackData !== undefined && { callbackData }) };
  whatsapp.statuses.begin(outgoing, fault, failure);
  sendJson(response, 200, {
    messaging_product: 'whatsapp',
    contacts: [{ input: body.to, wa_id: waId }],
    messages: [{ id, ...(content.type === 'template' && { message_status: 'accepted' }) }],
  });
}

function codeOf(fault: Fault | undefined): number | undefined {
  switch (fault?.fault) {
    case 'unregistered':
      return 131026;
    case 'quota':
      return 130429;
    case 'unavailable':
      return 2;
    case 'internal':
      return 131000;
    case 'mismatch':
      return 131005;
    default:
      return typeof fault?.fault === 'number' ? fault.fault : undefined;
  }
}
