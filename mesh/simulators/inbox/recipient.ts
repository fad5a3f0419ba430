import { createCipheriv, createDecipheriv, hash } from 'node:crypto';

/**
 * One spelling for each recipient: phones as E.164 with `+`, mailboxes in lower case, push tokens as they are.
 * A query string's `+` arrives as a space, hence the trim.
 */
export function canonicalRecipient(text: string): string {
  const trimmed = text.trim();
  if (trimmed.includes('@')) return trimmed.toLowerCase();
  if (!/^\+?[\d\s()-]{8,24}$/.test(trimmed)) return trimmed;
  const digits = trimmed.replace(/\D/g, '');
  return `+${digits.startsWith('0') ? `62${digits.slice(1)}` : digits}`;
}

/** No secret: like real ones, tokens only do not tell a phone number to whoever keeps them. */
const TOKEN_KEY = hash('sha256', 'push tokens of simulated phones', 'buffer');
const TOKEN = /^sim:([\w-]{22})$/;

/** The registration token of a simulated phone, which gets its pushes and its WhatsApp messages on one screen. */
export function tokenOfPhone(phone: string): string {
  const cipher = createCipheriv('aes-256-ecb', TOKEN_KEY, null).setAutoPadding(false);
  // One block, since a phone number has at most 15 digits.
  return `sim:${Buffer.concat([cipher.update(phone.slice(1).padEnd(16)), cipher.final()]).toString('base64url')}`;
}

/** The phone that a push token belongs to, when it is a simulated one's. */
export function phoneOfToken(token: string): string | undefined {
  const [, sealed] = TOKEN.exec(token) ?? [];
  if (!sealed) return undefined;
  const decipher = createDecipheriv('aes-256-ecb', TOKEN_KEY, null).setAutoPadding(false);
  const digits = Buffer.concat([decipher.update(sealed, 'base64url'), decipher.final()])
    .toString('latin1')
    .trimEnd();
  return /^\d{8,15}$/.test(digits) ? `+${digits}` : undefined;
}
