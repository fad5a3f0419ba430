import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseObject, readBody, sendJson, sendProblem } from '../http/exchange.ts';
import { type FaultName, type Faults, faultNames, type Provider, providers } from './faults.ts';

/** GET, POST and DELETE /control : faults on demand. */
export async function control(
  faults: Faults,
  request: IncomingMessage,
  query: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  switch (request.method) {
    case 'GET':
      sendJson(response, 200, { faults: faults.list() });
      return;
    case 'DELETE':
      faults.clear(query.get('provider') ?? undefined, query.get('target') ?? undefined);
      sendJson(response, 200, { faults: faults.list() });
      return;
    case 'POST': {
      const fault = parseFault(await readBody(request));
      if (typeof fault === 'string') sendProblem(response, 400, 'INVALID_FAULT', fault);
      else sendJson(response, 201, faults.add(fault));
      return;
    }
    default:
      sendProblem(response, 405, 'METHOD_NOT_ALLOWED', 'GET, POST or DELETE');
  }
}

/** The fault, or what is wrong with it. */
function parseFault(text: string): Parameters<Faults['add']>[0] | string {
  const body = parseObject(text);
  if (!body) return 'the body must be a JSON object';
  const { provider, target, fault, times, delayMs, via } = body;
  if (!providers.includes(provider as Provider)) return `provider must be one of ${providers.join(', ')}`;
  if (typeof fault !== 'number' && !faultNames.includes(fault as FaultName)) {
    return `fault must be a code or one of ${faultNames.join(', ')}`;
  }
  if (target !== undefined && typeof target !== 'string') return 'target must be a string';
  if (times !== undefined && !(Number.isInteger(times) && (times as number) > 0)) return 'times must be at least 1';
  if (delayMs !== undefined && !(typeof delayMs === 'number' && delayMs >= 0)) return 'delayMs must not be negative';
  if (via !== undefined && via !== 'answer' && via !== 'webhook') return 'via must be answer or webhook';
  return {
    provider: provider as Provider,
    fault: fault as FaultName | number,
    ...(target !== undefined && { target }),
    ...(times !== undefined && { times: times as number }),
    ...(delayMs !== undefined && { delayMs }),
    ...(via !== undefined && { via }),
  };
}
