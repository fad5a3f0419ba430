import { DeliveryStatus } from '@kreki/gen/kreki/notification/v1/notification_pb.js';
import { whatsappRetryMs } from '../channels/whatsapp-errors.ts';

/** What WhatsApp says became of a message we sent. */
export interface ReceivedStatus {
  /** What we call the message; so in `ReceivedAnswer`. */
  readonly wamid: string;
  /** Our id of it, which comes back with each status; null when it is not one of ours. */
  readonly deliveryId: string | null;
  readonly status: DeliveryStatus.SENT | DeliveryStatus.DELIVERED | DeliveryStatus.READ | DeliveryStatus.FAILED;
  readonly time: Date;
  readonly error: string;
  /** Wait before another attempt, of a failure that passes. */
  readonly retryMs: number | null;
}

/** A button that somebody tapped under a message of ours. */
export interface ReceivedAnswer {
  readonly wamid: string;
  /** The message that carried the button. */
  readonly repliesTo: string;
  readonly accepted: boolean;
  readonly emergencyId: string;
  readonly time: Date;
}

export interface Webhook {
  readonly statuses: readonly ReceivedStatus[];
  readonly answers: readonly ReceivedAnswer[];
}

type Json = Readonly<Record<string, unknown>>;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const PAYLOAD = /^(accept|decline):([0-9a-f-]{36})$/i;
const LONGEST_ERROR = 300;

const statusNames: Readonly<Record<string, ReceivedStatus['status']>> = {
  sent: DeliveryStatus.SENT,
  delivered: DeliveryStatus.DELIVERED,
  read: DeliveryStatus.READ,
  failed: DeliveryStatus.FAILED,
};

/**
 * Reads a webhook of the Cloud API, passing over everything it has no use for.
 * @param nameOf What we call a message that WhatsApp calls so.
 * @throws SyntaxError when the body is not JSON.
 */
export function parseWebhook(body: Uint8Array, nameOf: (wamid: string) => string): Webhook {
  const values = objects(asObject(JSON.parse(Buffer.from(body).toString())).entry)
    .flatMap((entry) => objects(entry.changes))
    .map((change) => asObject(change.value));
  return {
    statuses: values.flatMap((value) => objects(value.statuses)).flatMap((told) => readStatus(told, nameOf)),
    answers: values.flatMap((value) => objects(value.messages)).flatMap((told) => readAnswer(told, nameOf)),
  };
}

function readStatus(told: Json, nameOf: (wamid: string) => string): ReceivedStatus[] {
  const status = statusNames[text(told.status)];
  const wamid = text(told.id);
  if (status === undefined || wamid === '') return [];
  const callback = text(told.biz_opaque_callback_data);
  const problem = status === DeliveryStatus.FAILED ? objects(told.errors)[0] : undefined;
  const code = Number(problem?.code ?? 0);
  return [
    {
      wamid: nameOf(wamid),
      deliveryId: UUID.test(callback) ? callback : null,
      status,
      time: timeOf(told.timestamp),
      error: problem ? errorText(code, problem) : '',
      retryMs: (problem && whatsappRetryMs(code)) ?? null,
    },
  ];
}

function errorText(code: number, problem: Json): string {
  const details = text(asObject(problem.error_data).details) || text(problem.title);
  return `${code}: ${details}`.slice(0, LONGEST_ERROR);
}

/** A template's button answers as `button`, an interactive message's as `button_reply`. */
function readAnswer(told: Json, nameOf: (wamid: string) => string): ReceivedAnswer[] {
  const payload = text(asObject(told.button).payload) || text(asObject(asObject(told.interactive).button_reply).id);
  const [, decision, emergencyId] = PAYLOAD.exec(payload) ?? [];
  const wamid = text(told.id);
  const repliesTo = text(asObject(told.context).id);
  if (!decision || !emergencyId || wamid === '' || repliesTo === '') return [];
  const accepted = decision.toLowerCase() === 'accept';
  return [
    {
      wamid: nameOf(wamid),
      repliesTo: nameOf(repliesTo),
      accepted,
      emergencyId: emergencyId.toLowerCase(),
      time: timeOf(told.timestamp),
    },
  ];
}

/** Seconds since the epoch, as text. */
function timeOf(timestamp: unknown): Date {
  const ms = Number(timestamp) * 1_000;
  return Number.isFinite(ms) && ms > 0 && ms < 8.64e15 ? new Date(ms) : new Date();
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;
const asObject = (value: unknown): Json => (isObject(value) ? value : {});
const objects = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
