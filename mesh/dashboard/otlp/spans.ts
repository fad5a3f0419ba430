import { keyValue, milliseconds, scalarText, walk } from './walk.ts';

/** What is kept of a span beside its bytes. */
export interface ReceivedSpan {
  readonly raw: Uint8Array;
  readonly traceId: Uint8Array;
  readonly name: string;
  readonly kind: number;
  readonly startMs: number;
  readonly durationMs: number;
  readonly root: boolean;
  readonly code: string;
  readonly fault: boolean;
}

const NOTHING = new Uint8Array();
/** Attributes that say how a call ended, old and new names. */
const CODES = new Set(['rpc.response.status_code', 'rpc.grpc.status_code', 'error.type']);
const STATUS_ERROR = 2;

/** Reads a span's columns. */
export function readSpan(raw: Uint8Array): ReceivedSpan {
  let traceId: Uint8Array = NOTHING;
  let name = '';
  let kind = 0;
  let start = 0n;
  let end = 0n;
  let root = true;
  let code = '';
  let fault = false;
  walk(raw, (field, reader) => {
    switch (field) {
      case 1:
        traceId = reader.bytes();
        return true;
      case 4:
        root = reader.bytes().length === 0;
        return true;
      case 5:
        name = reader.string();
        return true;
      case 6:
        kind = reader.int32();
        return true;
      case 7:
        start = BigInt(reader.fixed64());
        return true;
      case 8:
        end = BigInt(reader.fixed64());
        return true;
      case 9: {
        const { key, value } = keyValue(reader.bytes());
        if (CODES.has(key)) code = (scalarText(value) ?? '').toLowerCase();
        return true;
      }
      case 15:
        fault = statusOf(reader.bytes()) === STATUS_ERROR;
        return true;
      default:
        return false;
    }
  });
  const startMs = milliseconds(start);
  return { raw, traceId, name, kind, startMs, durationMs: Math.max(Number(end - start) / 1e6, 0), root, code, fault };
}

function statusOf(status: Uint8Array): number {
  let code = 0;
  walk(status, (field, reader) => {
    if (field !== 3) return false;
    code = reader.int32();
    return true;
  });
  return code;
}
