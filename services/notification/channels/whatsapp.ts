import type { WhatsAppTemplate } from '../templates/whatsapp.ts';
import { type Outcome, retryAfterMs, SEND_TIMEOUT_MS } from './outcome.ts';
import { type Answer, jsonPoster } from './post-json.ts';
import { whatsappRetryMs } from './whatsapp-errors.ts';

export interface WhatsAppSettings {
  /** `https://graph.facebook.com`, or a stand-in. */
  readonly endpoint: string;
  /** Such as `v23.0`. */
  readonly apiVersion: string;
  readonly phoneNumberId: string;
  readonly accessToken: string;
}

export interface WhatsAppChannel {
  /**
   * Sends a template to a phone number (E.164).
   * @param deliveryId Comes back with every status of the message.
   */
  send(phone: string, template: WhatsAppTemplate, deliveryId: string): Promise<Outcome>;
  stop(): void;
}

interface GraphBody {
  readonly messages?: readonly { readonly id?: string }[];
  readonly error?: {
    readonly code?: number;
    readonly message?: string;
    readonly error_data?: { readonly details?: string };
  };
}

/** @param nameOf What we call a message that WhatsApp calls so. */
export function openWhatsApp(settings: WhatsAppSettings, nameOf: (wamid: string) => string): WhatsAppChannel {
  const url = `${settings.endpoint.replace(/\/+$/, '')}/${settings.apiVersion}/${settings.phoneNumberId}/messages`;
  const poster = jsonPoster(url, { authorization: `Bearer ${settings.accessToken}` }, SEND_TIMEOUT_MS);
  return {
    async send(phone, template, deliveryId) {
      const body = JSON.stringify({
        messaging_product: 'whatsapp',
        recipient_type: 'individual',
        to: phone.replace(/^\+/, ''),
        type: 'template',
        template,
        biz_opaque_callback_data: deliveryId,
      });
      try {
        const answer = await poster.post(body);
        return answered(answer, parse(answer.text), nameOf);
      } catch (error) {
        return unanswered(error);
      }
    },
    stop: () => poster.stop(),
  };
}

function parse(text: string): GraphBody {
  try {
    return JSON.parse(text) as GraphBody;
  } catch {
    return {};
  }
}

function answered(
  { status, retryAfter }: Answer,
  { messages, error }: GraphBody,
  nameOf: (wamid: string) => string,
): Outcome {
  const id = messages?.[0]?.id;
  if (status >= 200 && status < 300 && id) return { kind: 'sent', providerId: nameOf(id) };
  if (error?.code === undefined) {
    // No word of the API itself: a proxy in between cannot know how far the message went.
    return { kind: 'unknown', error: `HTTP ${status} without an answer of the API` };
  }
  const text = `${error.code}: ${error.error_data?.details ?? error.message ?? ''}`.slice(0, 300);
  const waitMs = whatsappRetryMs(error.code);
  if (waitMs === undefined) return { kind: 'failed', error: text };
  const afterMs = Math.max(waitMs, retryAfterMs(retryAfter) ?? 0);
  return { kind: 'retry', error: text, ...(afterMs > 0 && { afterMs }) };
}

/** Failures of connecting; with any other the request may have arrived. */
const neverArrived = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

function unanswered(thrown: unknown): Outcome {
  const { message, code = 'NETWORK' } = thrown as Error & { code?: string };
  return { kind: neverArrived.has(code) ? 'retry' : 'unknown', error: `${code}: ${message}`.slice(0, 300) };
}
