import type { Appended } from "../../audit/frontier.ts";
import type { ArrayParameters } from "./arrays.ts";
import type { NewEntry, SealedPayload } from "./log-entry.ts";

/**
 * The call of `motivo_append` (`migrations/`): a batch of entries in one statement, all of them or none, but for those
 * that it refuses one by one.
 */

/** An entry with its leaf, ready to be written. */
export interface PreparedEntry {
  entry: NewEntry;
  leaf: Uint8Array;
  hash: Uint8Array;
  salt: Uint8Array;
  /** Canonical JSON of the record, in UTF-8. */
  body: Uint8Array;
  sealed: SealedPayload | null;
}

/** What the caller computed in advance. It counts only if the head is still at `from`; otherwise the database computes. */
export interface ExpectedTree {
  from: { size: number; root: Uint8Array };
  appended: Appended;
  /** The right edge afterwards, encoded. */
  frontier: Uint8Array;
  /** The signed checkpoint over the new head. */
  note: string;
  /** Full tiles that this batch completes, lower levels first. */
  tiles: readonly { level: number; tile: number; root: Uint8Array }[];
}

/** By data key: the number that its first tag in a batch is made for, and how many there are. */
export type TagNumbers = ReadonlyMap<string, { from: number; count: number }>;

/** A signed checkpoint that is not in the database yet. */
export interface OwedNote {
  size: number;
  note: string;
}

export interface AppendCall {
  /** Undefined: the caller does not know the head. */
  expected?: ExpectedTree | undefined;
  owed?: readonly OwedNote[];
  prepared: readonly PreparedEntry[];
  tagNumbers: TagNumbers;
  /** Idempotency keys that expired before this may be taken over. */
  now: Date;
}

/** Why an entry was left out. A stale tag was made for a number that another batch took: seal again and come back. */
export type CallRefusal = "decision-erased" | "idempotency-key-taken" | "key-erased" | "tag-stale";

export interface AppendResult {
  /** Index of the first entry that went in; null when none did. */
  first: number | null;
  /** The right edge before this batch (`audit/frontier.ts`), where the database had to compute; else null. */
  edge: Uint8Array | null;
  /** By entry, null for those that went in; null as a whole when all did. */
  refused: readonly (CallRefusal | null)[] | null;
  /** With `refused`: the next free tag number of each entry's data key. */
  counters: readonly (number | null)[] | null;
  /** Time in the function, which leaves out the commit; in microseconds. */
  spentUs: number;
}

const NOTHING: readonly never[] = [];

/** How decisions of this batch count, a cell a day, model version and outcome. */
function deltaCells(entries: readonly PreparedEntry[]) {
  const cells = new Map<
    string,
    { day: number; model: string; version: number; outcome: string; n: number }
  >();
  for (const { entry } of entries) {
    const { model, version, outcome } = entry.columns;
    if (entry.leaf.kind !== "decision" || outcome === undefined) continue;
    if (model === undefined || version === undefined) continue;
    const day = Math.floor(entry.hour / 24);
    const place = `${day} ${version} ${outcome} ${model}`;
    const cell = cells.get(place);
    if (cell) cell.n += 1;
    else cells.set(place, { day, model, version, outcome, n: 1 });
  }
  return [...cells.values()];
}

/** The parameters of `APPEND`, in the function's order. */
export function appendParameters(arrays: ArrayParameters, call: AppendCall): unknown[] {
  const { expected, owed = NOTHING, prepared: entries } = call;
  const tiles = expected?.tiles ?? NOTHING;
  const wanted = [...call.tagNumbers];
  const cells = deltaCells(entries);
  const column = <Value>(pick: (columns: NewEntry["columns"]) => Value | undefined): (Value | null)[] =>
    entries.map(({ entry }) => pick(entry.columns) ?? null);
  const claim = <Value>(pick: (idempotency: NonNullable<NewEntry["idempotency"]>) => Value) =>
    entries.map(({ entry }) => (entry.idempotency ? pick(entry.idempotency) : null));
  const sealed = <Value>(pick: (payload: SealedPayload) => Value) =>
    entries.map((prepared) => (prepared.sealed ? pick(prepared.sealed) : null));
  return [
    expected?.from.size ?? null,
    expected?.from.root ?? null,
    expected?.appended.root ?? null,
    expected?.frontier ?? null,
    expected?.note ?? null,
    arrays.integers(tiles.map(({ level }) => level)),
    arrays.indexes(tiles.map(({ tile }) => tile)),
    arrays.bytes(tiles.map(({ root }) => root)),
    arrays.indexes(owed.map(({ size }) => size)),
    arrays.texts(owed.map(({ note }) => note)),
    arrays.bytes(entries.map(({ leaf }) => leaf)),
    Buffer.concat(entries.map(({ hash }) => hash)),
    arrays.uuids(column(({ id }) => id)),
    arrays.texts(entries.map(({ entry }) => entry.leaf.kind)),
    arrays.integers(entries.map(({ entry }) => entry.hour)),
    arrays.texts(column(({ model }) => model)),
    arrays.integers(column(({ version }) => version)),
    arrays.texts(column(({ outcome }) => outcome)),
    arrays.texts(column(({ client }) => client)),
    arrays.uuids(column(({ about }) => about)),
    arrays.utf8(entries.map(({ body }) => body)),
    arrays.bytes(entries.map(({ salt }) => salt)),
    arrays.bytes(sealed(({ tag }) => tag)),
    arrays.bytes(sealed(({ owner }) => owner)),
    arrays.bytes(sealed(({ ciphertext }) => ciphertext)),
    arrays.uuids(entries.map(({ entry }) => entry.subject?.dataKey ?? null)),
    arrays.bytes(claim(({ keyHmac }) => keyHmac)),
    arrays.bytes(claim(({ requestHmac }) => requestHmac)),
    arrays.times(claim(({ expiresAt }) => expiresAt)),
    entries.reduce((claims, { entry }) => claims + (entry.idempotency ? 1 : 0), 0),
    call.now.toISOString(),
    arrays.uuids(wanted.map(([key]) => key)),
    arrays.integers(wanted.map(([, { from }]) => from)),
    arrays.integers(wanted.map(([, { count }]) => count)),
    arrays.integers(cells.map(({ day }) => day)),
    arrays.texts(cells.map(({ model }) => model)),
    arrays.integers(cells.map(({ version }) => version)),
    arrays.texts(cells.map(({ outcome }) => outcome)),
    arrays.integers(cells.map(({ n }) => n)),
  ];
}

const PARAMETERS = 39;

/** The statement, for drivers that take text and parameters. */
export const APPEND = `SELECT * FROM motivo_append(${Array.from({ length: PARAMETERS }, (_, i) => `$${i + 1}`).join(", ")})`;

/** What either driver gives for the function's one row. */
export interface AppendRow {
  first_index: number | string | bigint | null;
  edge: Uint8Array | null;
  refused: readonly (CallRefusal | null)[] | null;
  counters: readonly (number | null)[] | null;
  spent_us: number | null;
}

export function readAppendRow(row: AppendRow | undefined): AppendResult {
  if (!row) throw new Error("motivo_append answered no row");
  return {
    first: row.first_index === null ? null : Number(row.first_index),
    edge: row.edge,
    refused: row.refused,
    counters: row.counters,
    spentUs: row.spent_us ?? 0,
  };
}
