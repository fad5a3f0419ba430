/** 4.2 ms, 310 ms, 1.8 s. */
export function milliseconds(ms: number): string {
  if (ms <= 0) return '–';
  if (ms < 1) return `${(ms * 1_000).toFixed(0)} µs`;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${ms.toFixed(0)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
}

/** 0.2, 18, 1.2k. */
export function count(value: number | bigint): string {
  const number = Number(value);
  if (number >= 1_000_000) return `${(number / 1_000_000).toFixed(1)}M`;
  if (number >= 10_000) return `${(number / 1_000).toFixed(1)}k`;
  if (number >= 100 || Number.isInteger(number)) return number.toFixed(0);
  return number.toFixed(number < 1 ? 2 : 1);
}

/** Calls a second. */
export function rate(value: number): string {
  if (value === 0) return '–';
  return value < 0.005 ? '<0.01/s' : `${count(value)}/s`;
}

/** 99.95 %; no rounding up to 100 %. */
export function percent(ratio: number): string {
  const floored = Math.floor(ratio * 10_000) / 100;
  return `${floored === 100 ? '100' : floored.toFixed(2)} %`;
}

export function bytes(value: number | bigint): string {
  const number = Number(value);
  if (number >= 1024 ** 3) return `${(number / 1024 ** 3).toFixed(1)} GB`;
  if (number >= 1024 ** 2) return `${(number / 1024 ** 2).toFixed(0)} MB`;
  if (number >= 1024) return `${(number / 1024).toFixed(0)} kB`;
  return `${number} B`;
}

/** 14:03:07.123 in the viewer's own time zone. */
export function clock(ms: number, withMilliseconds = true): string {
  const date = new Date(ms);
  const plain = date.toLocaleTimeString('en-GB', { hour12: false });
  return withMilliseconds ? `${plain}.${String(date.getMilliseconds()).padStart(3, '0')}` : plain;
}

/** 2026-11-21 14:03:07 in the viewer's own time zone. */
export const day = (ms: number): string => `${new Date(ms).toLocaleDateString('sv-SE')} ${clock(ms, false)}`;

/** `Login` of `kreki.auth.v1.AuthService/Login`. */
export const shortRpc = (rpc: string): string => rpc.split('/').pop() ?? rpc;

/** `AuthService/Login` of `kreki.auth.v1.AuthService/Login`, `process OffersMade` of `process kreki.emergency.v1.OffersMade`. */
export const localRpc = (rpc: string): string => rpc.replace(/\bkreki\.\w+\.v\d+\./, '');
