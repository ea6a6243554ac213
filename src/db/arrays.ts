import { type Param, sql } from "drizzle-orm";

/** How a column of a batch becomes one parameter. The two drivers take arrays in different forms. */
export interface ArrayParameters {
  bytes(items: readonly (Uint8Array | null)[]): Param;
  texts(items: readonly (string | null)[]): Param;
  integers(items: readonly (number | null)[]): Param;
}

const BYTEA = 17;
const INT4 = 23;
const TEXT = 25;
const HEADER_BYTES = 20;

/** PostgreSQL's binary array: dimensions, null flag, element type, length, lower bound, then each element behind its length. */
function binaryArray(elementType: number, items: readonly (Uint8Array | null)[]): Buffer {
  const length = items.reduce((sum, item) => sum + 4 + (item?.length ?? 0), HEADER_BYTES);
  const array = Buffer.allocUnsafe(length);
  array.writeInt32BE(1, 0);
  array.writeInt32BE(items.includes(null) ? 1 : 0, 4);
  array.writeInt32BE(elementType, 8);
  array.writeInt32BE(items.length, 12);
  array.writeInt32BE(1, 16);
  let at = HEADER_BYTES;
  for (const item of items) {
    array.writeInt32BE(item === null ? -1 : item.length, at);
    at += 4;
    if (item === null) continue;
    array.set(item, at);
    at += item.length;
  }
  return array;
}

function int4(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/**
 * For `pg`, which sends a Buffer as it is, in binary: its own arrays are text, and quoting a batch of ciphertexts into one
 * costs more than the rest of the append.
 */
export const binaryArrays: ArrayParameters = {
  bytes: (items) => sql.param(binaryArray(BYTEA, items)),
  texts: (items) =>
    sql.param(
      binaryArray(
        TEXT,
        items.map((item) => (item === null ? null : Buffer.from(item, "utf8"))),
      ),
    ),
  integers: (items) =>
    sql.param(
      binaryArray(
        INT4,
        items.map((item) => (item === null ? null : int4(item))),
      ),
    ),
};

/** For PGlite, which encodes JavaScript arrays by the parameter's type. */
export const plainArrays: ArrayParameters = {
  bytes: (items) => sql.param(items),
  texts: (items) => sql.param(items),
  integers: (items) => sql.param(items),
};
