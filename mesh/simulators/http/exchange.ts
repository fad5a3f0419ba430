import type { IncomingMessage, ServerResponse } from 'node:http';

/** Answers with JSON. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers?: Record<string, string | number>,
): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': bytes.length,
    ...headers,
  });
  response.end(bytes);
}

export class BodyTooLarge extends Error {}

/** @throws BodyTooLarge past `limit` bytes. */
export function readBody(request: IncomingMessage, limit = 1_000_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      // Drained to its end rather than cut, so that the sender can read the answer.
      else chunks.length = 0;
    });
    request.on('end', () => {
      if (size > limit) reject(new BodyTooLarge(`body of ${size} bytes, at most ${limit}`));
      else
        resolve(chunks.length === 1 && chunks[0] ? chunks[0].toString('utf8') : Buffer.concat(chunks).toString('utf8'));
    });
    request.on('error', reject);
  });
}

/** An object from JSON text, or undefined when it is anything else. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An error of the simulators' own pages and control API, in one shape. */
export function sendProblem(response: ServerResponse, status: number, reason: string, message: string): void {
  sendJson(response, status, { error: { reason, message } });
}
