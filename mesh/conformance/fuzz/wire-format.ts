/** https://protobuf.dev/programming-guides/encoding/, by hand, since what is not well-formed is wanted too. */
export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH = 2;
export const START_GROUP = 3;
export const FIXED32 = 5;
/** END_GROUP, and two that there are not, as well. */
export const WIRE_TYPES = [VARINT, FIXED64, LENGTH, START_GROUP, 4, FIXED32, 6, 7];

export const tag = (number: number, wireType: number): Uint8Array => varint((BigInt(number) << 3n) | BigInt(wireType));

export function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let left = BigInt.asUintN(64, value); ; left >>= 7n) {
    if (left < 0x80n) return Uint8Array.from([...bytes, Number(left)]);
    bytes.push(Number(left & 0x7fn) | 0x80);
  }
}

export const float64 = (number: number): Uint8Array => new Uint8Array(new Float64Array([number]).buffer);

export const concat = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
