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
  allocate: (length: number) => Buffer,
): Buffer {
  let length = HEADER_BYTES + 4 * items.length;
  let hasNull = 0;
  for (const item of items) {
    if (item === null) hasNull = 1;
    else length += lengthOf(item);
  }
  const array = allocate(length);
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
const arraysIn = (allocate: (length: number) => Buffer): ArrayParameters => {
  const array = <Item>(
    type: number,
    items: readonly (Item | null)[],
    lengthOf: (item: Item) => number,
    write: (array: Buffer, item: Item, at: number) => void,
  ) => binaryArray(type, items, lengthOf, write, allocate);
  const bytes = (type: number, items: readonly (Uint8Array | null)[]) =>
    array(
      type,
      items,
      (item) => item.length,
      (into, item, at) => into.set(item, at),
    );
  return {
    bytes: (items) => bytes(BYTEA, items),
    texts: (items) =>
      array(
        TEXT,
        items,
        (item) => Buffer.byteLength(item),
        (into, item, at) => into.write(item, at),
      ),
    utf8: (items) => bytes(TEXT, items),
    integers: (items) =>
      array(
        INT4,
        items,
        () => 4,
        (into, item, at) => into.writeInt32BE(item, at),
      ),
    indexes: (items) =>
      array(
        INT8,
        items,
        () => 8,
        (into, item, at) => into.writeBigInt64BE(BigInt(item), at),
      ),
    uuids: (items) =>
      array(
        UUID,
        items,
        () => 16,
        (into, item, at) => into.write(item.replaceAll("-", ""), at, "hex"),
      ),
    times: (items) =>
      array(
        TIMESTAMPTZ,
        items,
        () => 8,
        (into, item, at) => into.writeBigInt64BE(BigInt(item.getTime() - PG_EPOCH_MS) * 1000n, at),
      ),
  };
};

export const binaryArrays: ArrayParameters = arraysIn((length) => Buffer.allocUnsafe(length));

/** Room that is kept between calls; a batch beyond it is allocated as usual. */
const ROOM = 1 << 20;

/**
 * The same in one buffer that is written again at the next call: memory outside of V8's heap makes its collector run, and a
 * batch has a hundred kilobytes of it.
 * @returns arrays, each good until `reset`
 */
export function reusedArrays(): ArrayParameters & { reset(): void } {
  const room = Buffer.allocUnsafeSlow(ROOM);
  let used = 0;
  const arrays = arraysIn((length) => {
    if (used + length > ROOM) return Buffer.allocUnsafe(length);
    used += length;
    return room.subarray(used - length, used);
  });
  return {
    ...arrays,
    reset() {
      used = 0;
    },
  };
}

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
