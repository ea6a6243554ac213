import { and, eq, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/pg-core";
import type { ArrayParameters } from "../db/arrays.ts";
import type { Database } from "../db/client.ts";
import { Gather } from "../db/gather.ts";
import { dataKey, idempotencyKey, modelAlias, processingStop, subject } from "../db/tables.ts";
import { CHAMPION } from "../models/registry.ts";
import type { Deps } from "./deps.ts";

/** What a decision asks of the database before it begins. Lookups are HMACs, one for each epoch that a row may be under. */
interface Asked {
  /** A name that is published; absent where the version is known already. */
  model?: string;
  /** Of what the person stopped for this model; none where that does not stand in the way. */
  stops: readonly Uint8Array[];
  person: readonly Uint8Array[];
  /** Of the Idempotency-Key. */
  claim: readonly Uint8Array[];
}

type KeyRow = typeof dataKey.$inferSelect;
type ClaimRow = typeof idempotencyKey.$inferSelect;

/** What stood there, all in one snapshot. */
export interface Stood {
  /** The version that the model's alias points to. */
  champion: number | undefined;
  /** Kinds of stops. */
  stops: string[];
  /** Every wrapped data key of the person, for whatever purpose. */
  keys: KeyRow[];
  /** Whoever has the Idempotency-Key, expired or not. */
  claim: ClaimRow | undefined;
}

/** Bytes in the form that the database's driver takes for `bytea[]`. */
const anyOf = (name: string) => sql`any(${sql.placeholder(name)}::bytea[])`;

/** A union's rows are read as its first part says, which has no column of a table to say it for these; null stays null. */
const plainBytes = ({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array | null =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** One statement for champions, stops, keys and claims: a round trip, prepared once a connection. */
function statement(db: Database) {
  const nothing = {
    number: sql<number | null>`null::integer`.as("number"),
    lookup: sql`null::bytea`.mapWith(plainBytes).as("lookup"),
    id: sql<string | null>`null::uuid`.as("id"),
    owner: sql<string | null>`null::uuid`.as("owner"),
    retention: sql<string | null>`null::text`.as("retention"),
    epoch: sql<number | null>`null::integer`.as("epoch"),
    sealed: sql`null::bytea`.mapWith(plainBytes).as("sealed"),
    until: sql`null::timestamptz`.mapWith((value: string): Date | null => new Date(value)).as("until"),
  };
  const what = (kind: "champion" | "stop" | "key" | "claim") =>
    sql<typeof kind>`${sql.raw(`'${kind}'::text`)}`.as("what");
  const champions = db
    .select({
      what: what("champion"),
      name: sql<string | null>`${modelAlias.model}`.as("name"),
      ...nothing,
      number: sql<number | null>`${modelAlias.version}`.as("number"),
    })
    .from(modelAlias)
    .where(
      and(
        eq(modelAlias.alias, CHAMPION),
        sql`${modelAlias.model} = any(${sql.placeholder("models")}::text[])`,
      ),
    );
  const stops = db
    .select({
      what: what("stop"),
      name: sql<string | null>`${processingStop.kind}`.as("name"),
      ...nothing,
      lookup: sql<Uint8Array | null>`${processingStop.lookup}`.as("lookup"),
    })
    .from(processingStop)
    .where(sql`${processingStop.lookup} = ${anyOf("stops")}`);
  const keys = db
    .select({
      what: what("key"),
      name: sql<string | null>`${dataKey.purpose}`.as("name"),
      number: sql<number | null>`${dataKey.entries}`.as("number"),
      lookup: sql<Uint8Array | null>`${subject.lookup}`.as("lookup"),
      id: sql<string | null>`${dataKey.id}`.as("id"),
      owner: sql<string | null>`${dataKey.subject}`.as("owner"),
      retention: sql<string | null>`${dataKey.retention}`.as("retention"),
      epoch: sql<number | null>`${dataKey.epoch}`.as("epoch"),
      sealed: sql<Uint8Array | null>`${dataKey.wrapped}`.as("sealed"),
      until: nothing.until,
    })
    .from(subject)
    .innerJoin(dataKey, eq(dataKey.subject, subject.id))
    .where(sql`${subject.lookup} = ${anyOf("people")}`);
  const claims = db
    .select({
      what: what("claim"),
      name: sql<string | null>`null::text`.as("name"),
      ...nothing,
      lookup: sql<Uint8Array | null>`${idempotencyKey.keyHmac}`.as("lookup"),
      id: sql<string | null>`${idempotencyKey.decision}`.as("id"),
      sealed: sql<Uint8Array | null>`${idempotencyKey.requestHmac}`.as("sealed"),
      until: sql<Date | null>`${idempotencyKey.expiresAt}`.as("until"),
    })
    .from(idempotencyKey)
    .where(sql`${idempotencyKey.keyHmac} = ${anyOf("claims")}`);
  return unionAll(champions, stops, keys, claims).prepare("motivo_preflight");
}

type Row = Awaited<ReturnType<ReturnType<typeof statement>["execute"]>>[number];

function keyRow({ id, owner, name, retention, epoch, sealed, number }: Row): KeyRow {
  return {
    id: id!,
    subject: owner!,
    purpose: name!,
    retention: retention!,
    epoch: epoch!,
    wrapped: sealed!,
    entries: number!,
  };
}

function claimRow({ lookup, id, sealed, until }: Row): ClaimRow {
  return { keyHmac: lookup!, requestHmac: sealed, decision: id, expiresAt: until! };
}

const place = (what: Row["what"], of: string | Uint8Array | null) =>
  `${what} ${typeof of === "string" ? of : Buffer.from(of ?? []).toString("latin1")}`;

/** Each question's part of what was read for all of them. */
function stoodFor(asked: readonly Asked[], rows: readonly Row[]): Stood[] {
  const found = Map.groupBy(rows, ({ what, name, lookup }) =>
    place(what, what === "champion" ? name : lookup),
  );
  const under = (what: Row["what"], lookups: readonly Uint8Array[]) =>
    lookups.flatMap((lookup) => found.get(place(what, lookup)) ?? []);
  return asked.map(({ model, stops, person, claim }) => ({
    champion:
      model === undefined ? undefined : (found.get(place("champion", model))?.[0]?.number ?? undefined),
    stops: under("stop", stops).map(({ name }) => name!),
    keys: under("key", person).map(keyRow),
    claim: under("claim", claim).map(claimRow)[0],
  }));
}

function gatherFor(db: Database, arrays: ArrayParameters): Gather<Asked, Stood> {
  const prepared = statement(db);
  return new Gather<Asked, Stood>(async (asked) => {
    const rows = await prepared.execute({
      models: arrays.texts([...new Set(asked.flatMap(({ model }) => model ?? []))]),
      stops: arrays.bytes(asked.flatMap(({ stops }) => stops)),
      people: arrays.bytes(asked.flatMap(({ person }) => person)),
      claims: arrays.bytes(asked.flatMap(({ claim }) => claim)),
    });
    return stoodFor(asked, rows);
  });
}

const gathers = new WeakMap<Database, Gather<Asked, Stood>>();

/**
 * Reads what a decision depends on in one round trip, shared with those that begin at the same moment. Read anew for each:
 * a champion that was moved, a stop or an erasure that was committed before the question is in the answer. What must
 * still hold when the entry is written (the key, the claim) is checked again by the append.
 */
export function preflight({ db, log }: Pick<Deps, "db" | "log">, asked: Asked): Promise<Stood> {
  const gather = gathers.get(db) ?? gatherFor(db, log.context.arrays);
  gathers.set(db, gather);
  return gather.ask(asked);
}
