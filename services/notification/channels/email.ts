import { createTransport } from 'nodemailer';
import type { Mail } from '../templates/email.ts';
import { type Outcome, SEND_TIMEOUT_MS } from './outcome.ts';

export interface EmailSettings {
  /** `smtp://` or `smtps://`, with the user and password when the server wants them. */
  readonly url: string;
  readonly from: string;
}

export interface EmailChannel {
  /** @param deliveryId Becomes the Message-ID, by which mailboxes know a second copy. */
  send(to: string, mail: Mail, deliveryId: string): Promise<Outcome>;
  stop(): void;
}

const MAX_CONNECTIONS = 4;

export function openEmail({ url, from }: EmailSettings): EmailChannel {
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: MAX_CONNECTIONS,
    connectionTimeout: SEND_TIMEOUT_MS,
    greetingTimeout: SEND_TIMEOUT_MS,
    socketTimeout: SEND_TIMEOUT_MS,
  });
  return {
    async send(to, mail, deliveryId) {
      const messageId = `<${deliveryId}@kreki.id>`;
      try {
        await transport.sendMail({ from, to, subject: mail.subject, text: mail.text, messageId });
        return { kind: 'sent', providerId: messageId };
      } catch (error) {
        return emailOutcome(error);
      }
    },
    stop: () => transport.close(),
  };
}

/** A reply of 5xx is final; without a reply after the text went out, the server may have taken it. */
export function emailOutcome(thrown: unknown): Outcome {
  const { code, command, responseCode, message } = thrown as Error & {
    code?: string;
    command?: string;
    responseCode?: number;
  };
  const error = `${responseCode ?? code ?? 'SMTP'}: ${message}`.slice(0, 300);
  if (responseCode !== undefined) return { kind: responseCode >= 500 ? 'failed' : 'retry', error };
  return { kind: command === 'DATA' ? 'unknown' : 'retry', error };
}
