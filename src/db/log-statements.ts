import { sql } from "drizzle-orm";
import type { ArrayParameters } from "./arrays.ts";
import type { Database } from "./client.ts";

/** The statements of an append, each one round trip for a whole batch. Columns travel as arrays, a parameter each. */

async function rowsOf<Row>(tx: Database, statement: ReturnType<typeof sql>): Promise<Row[]> {
  return ((await tx.execute(statement)) as unknown as { rows: Row[] }).rows;
}

export interface KeyClaim {
  keyHmac: Uint8Array;
  requestHmac: Uint8Array;
  decision: string;
  expiresAt: Date;
}

/**
 * Claims idempotency keys, no two alike. One that another request took stays taken until it expires, then it is taken
 * over.
 * @returns the claimed keys in hex
 */
export async function claimKeys(
  tx: Database,
  arrays: ArrayParameters,
  claims: readonly KeyClaim[],
  now: Date,
): Promise<Set<string>> {
  if (claims.length === 0) return new Set();
  const rows = await rowsOf<{ key: string }>(
    tx,
    sql`INSERT INTO idempotency_key AS k (key_hmac, request_hmac, decision, expires_at)
      SELECT key_hmac, request_hmac, decision::uuid, expires_at::timestamptz
      FROM unnest(
        ${arrays.bytes(claims.map(({ keyHmac }) => keyHmac))}::bytea[],
        ${arrays.bytes(claims.map(({ requestHmac }) => requestHmac))}::bytea[],
        ${arrays.texts(claims.map(({ decision }) => decision))}::text[],
        ${arrays.texts(claims.map(({ expiresAt }) => expiresAt.toISOString()))}::text[]
      ) AS c(key_hmac, request_hmac, decision, expires_at)
      ON CONFLICT (key_hmac) DO UPDATE
        SET request_hmac = excluded.request_hmac, decision = excluded.decision, expires_at = excluded.expires_at
        WHERE k.expires_at < ${now.toISOString()}::timestamptz
      RETURNING encode(key_hmac, 'hex') AS key`,
  );
  return new Set(rows.map(({ key }) => key));
}

/** Which of these records are still there. */
export async function standingRecords(
  tx: Database,
  arrays: ArrayParameters,
  ids: readonly string[],
): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await rowsOf<{ id: string }>(
    tx,
    sql`SELECT r.id FROM record r JOIN unnest(${arrays.texts(ids)}::text[]) AS w(id) ON r.id = w.id::uuid`,
  );
  return new Set(rows.map(({ id }) => id));
}

/**
 * Takes the next `count` tag numbers of each data key.
 * @returns by key the first number taken; a key that was erased meanwhile is absent
 */
export async function takeTagNumbers(
  tx: Database,
  arrays: ArrayParameters,
  wanted: ReadonlyMap<string, number>,
): Promise<Map<string, number>> {
  if (wanted.size === 0) return new Map();
  const rows = await rowsOf<{ id: string; first: number }>(
    tx,
    sql`UPDATE vault.data_key AS k SET entries = k.entries + w.n
      FROM unnest(
        ${arrays.texts([...wanted.keys()])}::text[], ${arrays.integers([...wanted.values()])}::int[]
      ) AS w(id, n)
      WHERE k.id = w.id::uuid RETURNING k.id, k.entries - w.n AS first`,
  );
  return new Map(rows.map(({ id, first }) => [id, first]));
}

/** One entry with everything that is stored beside it. */
export interface EntryRow {
  leaf: Uint8Array;
  leafHash: Uint8Array;
  id: string;
  kind: string;
  hour: number;
  model: string | null;
  version: number | null;
  outcome: string | null;
  client: string | null;
  about: string | null;
  body: string;
  salt: Uint8Array;
  payload: { tag: Uint8Array; owner: Uint8Array; ciphertext: Uint8Array } | null;
}

export interface HeadMove {
  from: { size: number; root: Uint8Array };
  to: { size: number; root: Uint8Array; frontier: Uint8Array; checkpoint: string };
}

/**
 * Writes a batch and moves the head, in one statement.
 * @returns whether the head was where it was expected. If not, nothing may be committed: on size alone two batches of
 * one length on one base would fork the tree in silence, so size and root are compared.
 */
export async function writeEntries(
  tx: Database,
  arrays: ArrayParameters,
  entries: readonly EntryRow[],
  { from, to }: HeadMove,
): Promise<boolean> {
  const bytes = (pick: (row: EntryRow) => Uint8Array | null) => arrays.bytes(entries.map(pick));
  const texts = (pick: (row: EntryRow) => string | null) => arrays.texts(entries.map(pick));
  const integers = (pick: (row: EntryRow) => number | null) => arrays.integers(entries.map(pick));
  const moved = await rowsOf(
    tx,
    sql`WITH batch AS MATERIALIZED (
        SELECT ${from.size}::bigint + n - 1 AS index, b.* FROM unnest(
          ${bytes((e) => e.leaf)}::bytea[], ${bytes((e) => e.leafHash)}::bytea[], ${texts((e) => e.id)}::text[],
          ${texts((e) => e.kind)}::text[], ${integers((e) => e.hour)}::int[], ${texts((e) => e.model)}::text[],
          ${integers((e) => e.version)}::int[], ${texts((e) => e.outcome)}::text[], ${texts((e) => e.client)}::text[],
          ${texts((e) => e.about)}::text[], ${texts((e) => e.body)}::text[], ${bytes((e) => e.salt)}::bytea[],
          ${bytes((e) => e.payload?.tag ?? null)}::bytea[], ${bytes((e) => e.payload?.owner ?? null)}::bytea[],
          ${bytes((e) => e.payload?.ciphertext ?? null)}::bytea[]
        ) WITH ORDINALITY AS b(
          leaf, leaf_hash, id, kind, hour, model, version, outcome, client, about, body, salt, tag, owner, ciphertext, n
        )
      ), entries AS (
        INSERT INTO log_entry (index, leaf, leaf_hash, tag) SELECT index, leaf, leaf_hash, tag FROM batch
      ), records AS (
        INSERT INTO record
          (id, log_index, kind, hour, model, version, outcome, client, about, receipt_size, body, salt)
        SELECT id::uuid, index, kind, hour, model, version, outcome, client, about::uuid, ${to.size}::bigint, body, salt
        FROM batch
      ), payloads AS (
        INSERT INTO vault.payload (tag, owner, ciphertext)
        SELECT tag, owner, ciphertext FROM batch WHERE tag IS NOT NULL
      ), checkpoints AS (
        INSERT INTO log_checkpoint (size, note) VALUES (${to.size}::bigint, ${to.checkpoint})
      )
      UPDATE log_head
        SET size = ${to.size}::bigint, root = ${to.root}::bytea, frontier = ${to.frontier}::bytea, checkpoint = ${to.checkpoint}
        WHERE id = 1 AND size = ${from.size}::bigint AND root = ${from.root}::bytea
        RETURNING size`,
  );
  return moved.length === 1;
}
