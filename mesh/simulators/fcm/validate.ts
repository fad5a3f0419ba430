import { isObject } from '../http/exchange.ts';
import { type FcmAnswer, type FieldViolation, invalidArgument, malformed } from './errors.ts';
import { type FcmMessage, fieldNames } from './message.ts';

const MAX_PAYLOAD_BYTES = 4_096;
const MAX_TTL_S = 2_419_200;
const RESERVED_DATA_KEY = /^(from|message_type|gcm|google)$|^(google|gcm)[.]/;
const TOKEN = /^[A-Za-z0-9_:.+-]{8,4096}$/;

/** What FCM would answer instead of delivering, or undefined when the message is good. */
export function validate(body: Record<string, unknown>): FcmAnswer | undefined {
  const shape = wrongShape(body);
  if (shape.length > 0) return malformed(firstMessage(shape), shape);
  const message = body.message as FcmMessage | undefined;
  const targets = message ? [message.token, message.topic, message.condition, message.fid].filter(Boolean) : [];
  if (!message || targets.length === 0) {
    const description = 'Recipient of the message is not set.';
    return invalidArgument(description, [{ field: 'message', description }]);
  }
  if (message.token !== undefined && !TOKEN.test(message.token)) {
    const description = 'The registration token is not a valid FCM registration token';
    return invalidArgument(description, [{ field: 'message.token', description: 'Invalid registration token' }]);
  }
  const violations = wrongValues(message);
  const first = violations[0];
  if (first) return invalidArgument(first.description, violations);
  if (payloadBytes(message) > MAX_PAYLOAD_BYTES) {
    return invalidArgument('Android message is too big', [
      { field: 'message', description: `Android message is too big: at most ${MAX_PAYLOAD_BYTES} bytes` },
    ]);
  }
  return undefined;
}

/** Unknown names and wrong JSON types, as Google's JSON transcoder reports them. */
function wrongShape(body: Record<string, unknown>): FieldViolation[] {
  const violations: FieldViolation[] = [];
  const unknown = (at: string, value: unknown, known: ReadonlySet<string>) => {
    if (value === undefined) return;
    if (!isObject(value)) {
      violations.push({ field: at, description: `Invalid value at '${at}' (type object), ${JSON.stringify(value)}` });
      return;
    }
    for (const name of Object.keys(value)) {
      if (known.has(name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()))) continue;
      const place = at ? ` at '${at}'` : '';
      violations.push({
        field: at,
        description: `Invalid JSON payload received. Unknown name "${name}"${place}: Cannot find field.`,
      });
    }
  };
  unknown('', body, fieldNames.request);
  unknown('message', body.message, fieldNames.message);
  if (!isObject(body.message)) return violations;
  const { notification, android, apns, webpush, data, token } = body.message;
  unknown('message.notification', notification, fieldNames.notification);
  unknown('message.android', android, fieldNames.android);
  unknown('message.apns', apns, fieldNames.apns);
  unknown('message.webpush', webpush, fieldNames.webpush);
  if (isObject(android)) unknown('message.android.notification', android.notification, fieldNames.androidNotification);
  if (token !== undefined && typeof token !== 'string') {
    violations.push({
      field: 'message.token',
      description: `Invalid value at 'message.token' (TYPE_STRING), ${token}`,
    });
  }
  unknownTypes('message.data', data, violations);
  if (isObject(android)) unknownTypes('message.android.data', android.data, violations);
  return violations;
}

function unknownTypes(at: string, data: unknown, violations: FieldViolation[]): void {
  if (data === undefined) return;
  Object.values(data ?? {}).forEach((value, index) => {
    if (typeof value === 'string') return;
    const field = `${at}[${index}].value`;
    violations.push({ field, description: `Invalid value at '${field}' (TYPE_STRING), ${JSON.stringify(value)}` });
  });
}

function wrongValues({ android, data, apns }: FcmMessage): FieldViolation[] {
  const violations: FieldViolation[] = [];
  for (const key of Object.keys(data ?? {})) {
    if (RESERVED_DATA_KEY.test(key)) {
      violations.push({ field: 'message.data', description: `Invalid data payload key: ${key}` });
    }
  }
  if (android?.ttl !== undefined) {
    const seconds = /^(\d+)(\.\d{1,9})?s$/.exec(android.ttl);
    if (!seconds || Number(seconds[1]) > MAX_TTL_S) {
      violations.push({ field: 'message.android.ttl', description: 'Invalid ttl: a duration of 0 to 2419200 seconds' });
    }
  }
  if (android?.priority !== undefined && !/^(normal|high)$/i.test(android.priority)) {
    violations.push({
      field: 'message.android.priority',
      description: `Invalid value at 'message.android.priority' (AndroidMessagePriority), "${android.priority}"`,
    });
  }
  const urgency = apns?.headers?.['apns-priority'];
  if (urgency !== undefined && !['1', '5', '10'].includes(urgency)) {
    violations.push({ field: 'message.apns.headers', description: `Invalid apns-priority: ${urgency}` });
  }
  return violations;
}

function firstMessage(violations: readonly FieldViolation[]): string {
  return violations.map((violation) => violation.description).join('\n');
}

/** Bytes of keys and values that travel to the phone. */
function payloadBytes(message: FcmMessage): number {
  const { notification, data, android } = message;
  let bytes = 0;
  for (const part of [notification, data, android?.data, android?.notification]) {
    for (const [name, value] of Object.entries(part ?? {})) {
      bytes += Buffer.byteLength(name) + Buffer.byteLength(typeof value === 'string' ? value : JSON.stringify(value));
    }
  }
  return bytes;
}
