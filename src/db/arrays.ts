/** How a column of a batch becomes one parameter of a statement. The two drivers take arrays in different forms. */
export interface ArrayParameters {
  bytes(items: readonly (Uint8Array | null)[]): unknown;
  texts(items: readonly (string | null)[]): unknown;
  /** Text that is at hand as UTF-8. */
  utf8(items: readonly Uint8Array[]): unknown;
  /** int4 */
  integers(items: readonly (number | null)[]): unknown;
  /** int8, of safe integers */
  indexes(items: readonly number[]): unknown;
  uuids(items: readonly (string | null)[]): unknown;
  /** timestamptz */
  times(items: readonly (Date | null)[]): unknown;
}

const BYTEA = 17;
const INT8 = 20;
const INT4 = 23;
const TEXT = 25;
const TIMESTAMPTZ = 1184;
const UUID = 2950;
const HEADER_BYTES = 20;
/** 2000-01-01T00:00Z, where PostgreSQL's times begin, in milliseconds since the Unix epoch. */
const PG_EPOCH_MS = 946_684_800_000;

/**
 * PostgreSQL's binary array: dimensions, null flag, element type, length, lower bound, then each element behind its length.
 * @param write puts an element at an offset; it has exactly `lengthOf` bytes
 */
function binaryArray<Item>(
  elementType: number,
  items: readonly (Item | null)[],
  lengthOf: (item: Item) => number,
  write: (array: Buffer, item: Item, at: number) => void,
): Buffer {
  let length = HEADER_BYTES + 4 * items.length;
  let hasNull = 0;
  for (const item of items) {
    if (item === null) hasNull = 1;
    else length += lengthOf(item);
  }
  const array = Buffer.allocUnsafe(length);
  array.writeInt32BE(1, 0);
  array.writeInt32BE(hasNull, 4);
  array.writeInt32BE(elementType, 8);
  array.writeInt32BE(items.length, 12);
  array.writeInt32BE(1, 16);
  let at = HEADER_BYTES;
  for (const item of items) {
    const bytes = item === null ? -1 : lengthOf(item);
    array.writeInt32BE(bytes, at);
    at += 4;
    if (item === null) continue;
    write(array, item, at);
    at += bytes;
  }
  return array;
}

/**
 * For `pg`, which sends a Buffer as it is, in binary: its own arrays are text, and quoting a batch of ciphertexts into one
 * costs more than the rest of the append.
 */
export const binaryArrays: ArrayParameters = {
  bytes: (items) =>
    binaryArray(
      BYTEA,
      items,
      (item) => item.length,
      (array, item, at) => array.set(item, at),
    ),
  texts: (items) =>
    binaryArray(
      TEXT,
      items,
      (item) => Buffer.byteLength(item),
      (array, item, at) => array.write(item, at),
    ),
  utf8: (items) =>
    binaryArray(
      TEXT,
      items,
      (item) => item.length,
      (array, item, at) => array.set(item, at),
    ),
  integers: (items) =>
    binaryArray(
      INT4,
      items,
      () => 4,
      (array, item, at) => array.writeInt32BE(item, at),
    ),
  indexes: (items) =>
    binaryArray(
      INT8,
      items,
      () => 8,
      (array, item, at) => array.writeBigInt64BE(BigInt(item), at),
    ),
  uuids: (items) =>
    binaryArray(
      UUID,
      items,
      () => 16,
      (array, item, at) => array.write(item.replaceAll("-", ""), at, "hex"),
    ),
  times: (items) =>
    binaryArray(
      TIMESTAMPTZ,
      items,
      () => 8,
      (array, item, at) => array.writeBigInt64BE(BigInt(item.getTime() - PG_EPOCH_MS) * 1000n, at),
    ),
};

/** For PGlite, which encodes JavaScript arrays by the parameter's type. */
export const plainArrays: ArrayParameters = {
  bytes: (items) => items,
  texts: (items) => items,
  utf8: (items) => items.map((item) => Buffer.from(item.buffer, item.byteOffset, item.byteLength).toString()),
  integers: (items) => items,
  indexes: (items) => items,
  uuids: (items) => items,
  times: (items) => items.map((item) => item?.toISOString() ?? null),
};
