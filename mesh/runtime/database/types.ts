import pg from 'pg';

const { INT8, DATE } = pg.types.builtins;

/** Object ids of array types, which pg does not name. */
const TEXT_ARRAY = 1009;
const INT8_ARRAY = 1016;
const DATE_ARRAY = 1182;

const textArray: (value: string) => (string | null)[] = pg.types.getTypeParser(TEXT_ARRAY as typeof INT8, 'text');
const numberArray = (value: string) => textArray(value).map((item) => (item === null ? null : Number(item)));

/** int8 as number (ours stay below 2^53), date as text (a day has no time zone), arrays of them alike; the rest as pg has it. */
export const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') => {
  if (oid === INT8) return Number;
  if (oid === DATE) return String;
  if (oid === INT8_ARRAY) return numberArray;
  if (oid === DATE_ARRAY) return textArray;
  return pg.types.getTypeParser(oid, format as 'text');
};
