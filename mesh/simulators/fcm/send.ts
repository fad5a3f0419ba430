import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, Faults } from '../control/faults.ts';
import { parseObject, readBody, sendJson } from '../http/exchange.ts';
import type { Inbox } from '../inbox/inbox.ts';
import { phoneOfToken } from '../inbox/recipient.ts';
import type { AccessTokens } from './access-tokens.ts';
import * as errors from './errors.ts';
import { collapseKeyOf, type FcmMessage } from './message.ts';
import { validate } from './validate.ts';

export interface Fcm {
  readonly projectId: string;
  readonly tokens: AccessTokens;
  readonly faults: Faults;
  readonly inbox: Inbox;
}

const DEFAULT_DELAY_MS = 5_000;
/** Message names end in a number, unique while the process lives and after. */
let sequence = 0;

/** POST /v1/projects/{project}/messages:send */
export async function send(
  fcm: Fcm,
  project: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const text = await readBody(request);
  const answer = (to: errors.FcmAnswer) => sendJson(response, to.status, to.body, to.headers);
  if (!fcm.tokens.accepts(request.headers.authorization)) return answer(errors.unauthenticated());
  if (project !== fcm.projectId) return answer(errors.wrongProject(project));
  const body = parseObject(text);
  if (!body) return answer(errors.malformed('Invalid JSON payload received. Unexpected token.'));
  const invalid = validate(body);
  if (invalid) return answer(invalid);

  const message = body.message as FcmMessage;
  const target = message.token ?? message.fid ?? message.topic ?? message.condition ?? '';
  const fault = fcm.faults.take('fcm', target);
  if (fault?.fault === 'reset') {
    request.socket.destroy();
    return;
  }
  if (fault?.fault === 'slow') await sleep(fault.delayMs ?? DEFAULT_DELAY_MS, undefined, { ref: false });
  else if (fault) {
    const refusal = refuse(fault);
    if (refusal) return answer(refusal);
  }
  if (body.validate_only === true || body.validateOnly === true) {
    return sendJson(response, 200, { name: `projects/${project}/messages/fake_message_id` });
  }
  const id = `0:${Date.now()}${String(++sequence).padStart(6, '0')}%${process.pid.toString(16).padStart(8, '0')}`;
  show(fcm.inbox, id, target, message);
  sendJson(response, 200, { name: `projects/${project}/messages/${id}` });
}

function refuse(fault: Fault): errors.FcmAnswer | undefined {
  switch (fault.fault) {
    case 'unregistered':
      return errors.unregistered();
    case 'quota':
      return errors.quotaExceeded();
    case 'unavailable':
      return errors.unavailable(fault.delayMs);
    case 'internal':
      return errors.internal();
    case 'mismatch':
      return errors.senderIdMismatch();
    default:
      return typeof fault.fault === 'number' ? errors.byStatus(fault.fault) : undefined;
  }
}

function show(inbox: Inbox, id: string, to: string, message: FcmMessage): void {
  const alert = message.apns?.payload?.aps?.alert;
  const apple = typeof alert === 'string' ? { body: alert } : alert;
  const android = message.android?.notification;
  const key = collapseKeyOf(message);
  const phone = phoneOfToken(to);
  inbox.receive({
    id,
    channel: 'push',
    to,
    title: android?.title ?? message.notification?.title ?? apple?.title ?? message.data?.title ?? '',
    body: android?.body ?? message.notification?.body ?? apple?.body ?? message.data?.body ?? '',
    data: { ...message.data, ...message.android?.data },
    status: 'shown',
    replaces: true,
    ...(key !== undefined && { key }),
    ...(phone !== undefined && { phone }),
  });
}
