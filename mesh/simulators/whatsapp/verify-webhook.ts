import { randomInt } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { sendJson } from '../http/exchange.ts';

/** POST /whatsapp/verify-webhook : the handshake Meta makes when a webhook is registered, and whether the edge passed it. */
export async function verifyWebhook(url: string, verifyToken: string, response: ServerResponse): Promise<void> {
  const challenge = String(randomInt(100_000_000, 2_000_000_000));
  const query = new URLSearchParams({
    'hub.mode': 'subscribe',
    'hub.challenge': challenge,
    'hub.verify_token': verifyToken,
  });
  try {
    const answer = await fetch(`${url}?${query}`, { signal: AbortSignal.timeout(5_000) });
    const body = await answer.text();
    const verified = answer.status === 200 && body === challenge;
    sendJson(response, verified ? 200 : 502, { verified, status: answer.status, body: body.slice(0, 200) });
  } catch (error) {
    sendJson(response, 502, { verified: false, error: (error as Error).message });
  }
}
