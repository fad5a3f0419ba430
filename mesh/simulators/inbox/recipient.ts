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

/**
 * The phone that a push token belongs to, when the token carries its number between other signs
 * (`sim:6281234567890:a1b2`): the stand-in for a push and a WhatsApp message reaching one device.
 */
export function phoneOfToken(token: string): string | undefined {
  const match = /(?:^|[^0-9A-Za-z])(62\d{8,13})(?:$|[^0-9A-Za-z])/.exec(token);
  return match ? `+${match[1]}` : undefined;
}
