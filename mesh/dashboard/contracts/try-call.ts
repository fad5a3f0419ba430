import type { MessageInitShape } from '@bufbuild/protobuf';
import type { TryCallResponseSchema } from '@kreki/gen/kreki/mesh/v1/contract_service_pb.js';

const PATIENCE_MS = 14_000;
/** Longer answers are cut: they are for reading. */
const ANSWER_MAX = 200_000;

/** Calls a unary RPC over the edge, as Connect with JSON, and tells what came back, whatever it is. */
export async function tryCall(
  edgeUrl: string,
  rpc: string,
  requestJson: string,
  authorization: string,
): Promise<MessageInitShape<typeof TryCallResponseSchema>> {
  const start = performance.now();
  const answer = await fetch(new URL(`/${rpc}`, edgeUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'connect-protocol-version': '1', authorization },
    body: requestJson.trim() || '{}',
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const text = await answer.text();
  return {
    code: answer.ok ? 'ok' : codeOf(text),
    responseJson: text.slice(0, ANSWER_MAX),
    durationMs: performance.now() - start,
    headers: Object.fromEntries([...answer.headers].filter(([name]) => name !== 'set-cookie')),
    traceId: answer.headers.get('x-trace-id') ?? '',
  };
}

function codeOf(text: string): string {
  try {
    return String(JSON.parse(text).code ?? 'unknown');
  } catch {
    return 'unknown';
  }
}
