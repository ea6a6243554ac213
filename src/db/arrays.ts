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
const ROOM = 1 << 20;
const SMALL_ROOM = 256;
/** 2000-01-01T00:00Z, where PostgreSQL's times begin, in milliseconds since the Unix epoch. */
const PG_EPOCH_MS = 946_684_800_000;

/** UTF-8 of one UTF-16 unit has at most as many bytes. */
const BYTES_A_UNIT = 3;

const NIBBLE = new Uint8Array(128);
for (let i = 0; i < 16; i++) {
  const digit = i.toString(16);
  NIBBLE[digit.charCodeAt(0)] = i;
  NIBBLE[digit.toUpperCase().charCodeAt(0)] = i;
}

/** Big-endian int8 of a safe integer. */
function writeInt64(into: Buffer, value: number, at: number): void {
  into.writeInt32BE(Math.floor(value / 2 ** 32), at);
  into.writeUInt32BE(value >= 0 ? value % 2 ** 32 : ((value % 2 ** 32) + 2 ** 32) % 2 ** 32, at + 4);
}

/** @param id with its four dashes */
function writeUuid(into: Buffer, id: string, at: number): void {
  for (let from = 0, to = at; from < id.length; from += 2) {
    if (id.charCodeAt(from) === 0x2d) from += 1;
    into[to++] = (NIBBLE[id.charCodeAt(from)]! << 4) | NIBBLE[id.charCodeAt(from + 1)]!;
  }
}

/**
 * Binary arrays for `pg`, which sends a Buffer as it is: its own arrays are text, and quoting a batch of ciphertexts into
 * one costs more than the rest of the append. An array is: dimensions, null flag, element type, length, lower bound, then
 * each element behind its length.
 */
class BinaryArrays implements ArrayParameters {
  #room: Buffer;
  #start = 0;
  #at = 0;

  constructor(bytes: number) {
    this.#room = Buffer.allocUnsafeSlow(bytes);
  }

  /** The next array is written over the first. */
  reset(): void {
    this.#at = 0;
  }

  /** Room for so many bytes more. What is too small is left to the arrays that lie in it, and a larger one is kept. */
  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#room.length) return;
    const begun = this.#room.subarray(this.#start, this.#at);
    this.#room = Buffer.allocUnsafeSlow(2 * (begun.length + bytes));
    this.#room.set(begun);
    this.#start = 0;
    this.#at = begun.length;
  }

  #begin(elementType: number, items: readonly unknown[]): void {
    this.#start = this.#at;
    this.#reserve(HEADER_BYTES);
    const start = this.#start;
    this.#room.writeInt32BE(1, start);
    this.#room.writeInt32BE(items.includes(null) ? 1 : 0, start + 4);
    this.#room.writeInt32BE(elementType, start + 8);
    this.#room.writeInt32BE(items.length, start + 12);
    this.#room.writeInt32BE(1, start + 16);
    this.#at = start + HEADER_BYTES;
  }

  #length(bytes: number): void {
    this.#room.writeInt32BE(bytes, this.#at);
    this.#at += 4;
  }

  #end(): Buffer {
    return this.#room.subarray(this.#start, this.#at);
  }

  #fixed<Item>(
    elementType: number,
    items: readonly (Item | null)[],
    width: number,
    write: (into: Buffer, item: Item, at: number) => void,
  ): Buffer {
    this.#begin(elementType, items);
    this.#reserve(items.length * (4 + width));
    for (const item of items) {
      this.#length(item === null ? -1 : width);
      if (item === null) continue;
      write(this.#room, item, this.#at);
      this.#at += width;
    }
    return this.#end();
  }

  #bytes(elementType: number, items: readonly (Uint8Array | null)[]): Buffer {
    this.#begin(elementType, items);
    for (const item of items) {
      this.#reserve(4 + (item?.length ?? 0));
      this.#length(item?.length ?? -1);
      if (item === null) continue;
      this.#room.set(item, this.#at);
      this.#at += item.length;
    }
    return this.#end();
  }

  bytes(items: readonly (Uint8Array | null)[]): Buffer {
    return this.#bytes(BYTEA, items);
  }

  utf8(items: readonly Uint8Array[]): Buffer {
    return this.#bytes(TEXT, items);
  }

  texts(items: readonly (string | null)[]): Buffer {
    this.#begin(TEXT, items);
    for (const item of items) {
      this.#reserve(4 + BYTES_A_UNIT * (item?.length ?? 0));
      const length = item === null ? -1 : this.#room.write(item, this.#at + 4);
      this.#length(length);
      if (length > 0) this.#at += length;
    }
    return this.#end();
  }

  integers(items: readonly (number | null)[]): Buffer {
    return this.#fixed(INT4, items, 4, (into, item, at) => into.writeInt32BE(item, at));
  }

  indexes(items: readonly number[]): Buffer {
    return this.#fixed(INT8, items, 8, writeInt64);
  }

  uuids(items: readonly (string | null)[]): Buffer {
    return this.#fixed(UUID, items, 16, writeUuid);
  }

  times(items: readonly (Date | null)[]): Buffer {
    return this.#fixed(TIMESTAMPTZ, items, 8, (into, item, at) =>
      writeInt64(into, (item.getTime() - PG_EPOCH_MS) * 1000, at),
    );
  }
}

/** Arrays that are good for as long as they are needed. */
export const binaryArrays: ArrayParameters = {
  bytes: (items) => new BinaryArrays(SMALL_ROOM).bytes(items),
  texts: (items) => new BinaryArrays(SMALL_ROOM).texts(items),
  utf8: (items) => new BinaryArrays(SMALL_ROOM).utf8(items),
  integers: (items) => new BinaryArrays(SMALL_ROOM).integers(items),
  indexes: (items) => new BinaryArrays(SMALL_ROOM).indexes(items),
  uuids: (items) => new BinaryArrays(SMALL_ROOM).uuids(items),
  times: (items) => new BinaryArrays(SMALL_ROOM).times(items),
};

/**
 * The same in one buffer that is written again at the next call: memory outside of V8's heap makes its collector run, and a
 * batch has a hundred kilobytes of it.
 * @returns arrays, each good until `reset`
 */
export const reusedArrays = (): ArrayParameters & { reset(): void } => new BinaryArrays(ROOM);

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
