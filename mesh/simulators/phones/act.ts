import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseObject, readBody, sendJson, sendProblem } from '../http/exchange.ts';
import { canonicalRecipient, phoneOfToken } from '../inbox/recipient.ts';
import type { Replies } from '../whatsapp/replies.ts';
import type { Statuses } from '../whatsapp/statuses.ts';

/**
 * What the person with the phone does:
 * POST /phones/{to}/answer {decision, messageId?} taps a button of a WhatsApp offer, the latest unless one is named;
 * POST /phones/{to}/open {open} looks at the phone, so that WhatsApp reports what is on it as read;
 * POST /phones/{to}/write {text} writes to the organisation, which opens WhatsApp's 24 hours.
 * `to` may be a push token that carries its phone's number.
 */
export async function act(
  replies: Replies,
  statuses: Statuses,
  to: string,
  action: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const recipient = canonicalRecipient(to);
  const phone = phoneOfToken(recipient) ?? recipient;
  const text = await readBody(request, 20_000);
  const body = text === '' ? {} : parseObject(text);
  if (!body) return sendProblem(response, 400, 'INVALID_JSON', 'the body must be a JSON object');
  if (!phone.startsWith('+')) {
    return sendProblem(
      response,
      409,
      'NO_WHATSAPP',
      'only a phone with a number has WhatsApp; a push cannot be answered here',
    );
  }
  switch (action) {
    case 'answer': {
      const { decision, messageId } = body;
      if (decision !== 'accept' && decision !== 'decline') {
        return sendProblem(response, 400, 'INVALID_DECISION', 'decision must be accept or decline');
      }
      const offer = replies.offerOn(phone, typeof messageId === 'string' ? messageId : undefined);
      if (!offer) return sendProblem(response, 404, 'NO_OFFER', 'no WhatsApp message with buttons on this phone');
      return sendJson(response, 202, { id: replies.answer(offer, decision), offerId: offer.id, decision });
    }
    case 'open': {
      const open = body.open !== false;
      statuses.setOpen(phone, open);
      return sendJson(response, 200, { to: phone, open });
    }
    case 'write':
      if (typeof body.text !== 'string' || body.text === '') {
        return sendProblem(response, 400, 'INVALID_TEXT', 'text must not be empty');
      }
      return sendJson(response, 202, { id: replies.write(phone, body.text) });
    default:
      return sendProblem(response, 404, 'NOT_FOUND', `no action ${action}`);
  }
}
