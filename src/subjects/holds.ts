import { and, asc, eq, gte, inArray, isNull, lt, or } from "drizzle-orm";
import { hourOf } from "../../audit/leaf.ts";
import { chunksOf } from "../db/chunks.ts";
import type { Database } from "../db/client.ts";
import { appendEntries, lockHead } from "../db/log-append.ts";
import { hold, subject } from "../db/tables.ts";
import type { Deps } from "../decisions/deps.ts";
import { actorOf } from "../decisions/trace.ts";
import { Problem } from "../errors.ts";
import type { Movable } from "../privacy/epoch-move.ts";
import { seal, unseal } from "../privacy/sealing.ts";
import { retryStale } from "../privacy/stale.ts";

/** A legal ground that suspends a person's erasure. */
export interface Hold {
  id: string;
  /** Null: whatever model. */
  model: string | null;
  ground: string;
  until: string | null;
  placedAt: string;
}

const context = (id: string) => Buffer.from(`motivo/hold/v1/${id}`);
const PURPOSE = "hold";
const toldOf = ({ id, model, ground, until, placedAt }: typeof hold.$inferSelect): Hold => ({
  id,
  model,
  ground,
  until,
  placedAt: placedAt.toISOString(),
});
const todayOf = (deps: Pick<Deps, "now">) => deps.now().toISOString().slice(0, 10);

/** Placing and lifting are entries of the log: an auditor sees how often erasure is suspended, on what, and by whom. */
async function say(
  tx: Database,
  deps: Deps,
  what: "placed" | "lifted",
  { ground, until }: { ground: string; until: string | null },
  operator: string,
): Promise<void> {
  const hour = hourOf(deps.now());
  const actor = actorOf(deps, "operator", operator);
  const [outcome] = await appendEntries(tx, deps.log.context, [
    {
      leaf: { kind: "hold" },
      hour,
      body: {
        kind: "hold",
        hour,
        what,
        ground,
        ...(until === null ? {} : { until }),
        actor,
        role: "operator",
      },
      columns: { id: deps.randomId() },
    },
  ]);
  if (!outcome || "refused" in outcome) throw new Problem("log_conflict");
}

/** Places a hold on a person. @param asked.until YYYY-MM-DD, the last day */
export async function placeHold(
  deps: Deps,
  operator: string,
  asked: { subject: string; model?: string | undefined; ground: string; until?: string | undefined },
): Promise<Hold> {
  return retryStale(deps.epoch, () =>
    deps.db.transaction(async (tx) => {
      await lockHead(tx);
      const epoch = deps.epoch.current();
      const id = deps.randomId();
      const [row] = await tx
        .insert(hold)
        .values({
          id,
          epoch: epoch.number,
          lookup: deps.epoch.blind(PURPOSE, asked.subject),
          identifier: seal(epoch.wrapKey, Buffer.from(asked.subject, "utf8"), context(id)),
          model: asked.model ?? null,
          ground: asked.ground,
          until: asked.until ?? null,
          placedAt: deps.now(),
        })
        .returning();
      const placed = toldOf(row!);
      await say(tx, deps, "placed", placed, operator);
      return placed;
    }),
  );
}

/** @throws Problem unknown_hold */
export async function liftHold(deps: Deps, operator: string, id: string): Promise<Hold> {
  return deps.db.transaction(async (tx) => {
    await lockHead(tx);
    const [row] = await tx.delete(hold).where(eq(hold.id, id)).returning();
    if (!row) throw new Problem("unknown_hold");
    const lifted = toldOf(row);
    await say(tx, deps, "lifted", lifted, operator);
    return lifted;
  });
}

/** The holds in force on a person, of one model or of all. */
export async function holdsOn(deps: Deps, subjectId: string, model?: string): Promise<Hold[]> {
  const rows = await deps.db
    .select()
    .from(hold)
    .where(
      and(
        inArray(hold.lookup, deps.epoch.blinds(PURPOSE, subjectId)),
        or(isNull(hold.until), gte(hold.until, todayOf(deps))),
        model === undefined ? undefined : or(isNull(hold.model), eq(hold.model, model)),
      ),
    )
    .orderBy(asc(hold.placedAt));
  return rows.map(toldOf);
}

/** Whom the holds in force are on, by the id of their row: of this model or of all; null: whatever the model. */
export async function heldSubjects(deps: Deps, model: string | null): Promise<Set<string>> {
  const rows = await deps.db
    .select()
    .from(hold)
    .where(
      and(
        or(isNull(hold.until), gte(hold.until, todayOf(deps))),
        model === null ? undefined : or(isNull(hold.model), eq(hold.model, model)),
      ),
    );
  const lookups = rows.flatMap(({ id, epoch, identifier }) => {
    const person = Buffer.from(unseal(deps.epoch.of(epoch).wrapKey, identifier, context(id))).toString(
      "utf8",
    );
    return deps.epoch.held().map((held) => held.lookup(person));
  });
  const found = new Set<string>();
  for (const part of chunksOf(lookups)) {
    const people = await deps.db
      .select({ id: subject.id })
      .from(subject)
      .where(inArray(subject.lookup, part));
    for (const { id } of people) found.add(id);
  }
  return found;
}

/** Every hold in force, the one that ends first before the others; whose they are is not opened. */
export async function holdsInForce(deps: Pick<Deps, "db" | "now">): Promise<Hold[]> {
  const rows = await deps.db
    .select()
    .from(hold)
    .where(or(isNull(hold.until), gte(hold.until, todayOf(deps))))
    .orderBy(asc(hold.until), asc(hold.placedAt));
  return rows.map(toldOf);
}

/** Forgets holds whose last day is over: they suspend nothing, and name a person. */
export async function forgetHolds(deps: Deps): Promise<void> {
  await deps.db.delete(hold).where(lt(hold.until, todayOf(deps)));
}

/** Holds when an epoch is closed. */
export const heldPeople: Movable = {
  name: "holds",
  move: (db, ring, limit) =>
    db.transaction(async (tx) => {
      const current = ring.current();
      const rows = await tx
        .select()
        .from(hold)
        .where(lt(hold.epoch, current.number))
        .limit(limit)
        .for("update", { skipLocked: true });
      for (const { id, epoch, identifier } of rows) {
        const opened = unseal(ring.of(epoch).wrapKey, identifier, context(id));
        await tx
          .update(hold)
          .set({
            epoch: current.number,
            lookup: ring.blind(PURPOSE, Buffer.from(opened).toString("utf8")),
            identifier: seal(current.wrapKey, opened, context(id)),
          })
          .where(eq(hold.id, id));
      }
      return rows.length;
    }),
};
