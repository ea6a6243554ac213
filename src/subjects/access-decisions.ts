import { and, between, desc, eq, inArray, or } from "drizzle-orm";
import { toHex } from "../../audit/bytes.ts";
import { parseLeaf } from "../../audit/leaf.ts";
import { chunksOf } from "../db/chunks.ts";
import { leavesAt } from "../db/log-entries.ts";
import { record } from "../db/tables.ts";
import type { ToldCounterfactuals } from "../decisions/counterfactual-words.ts";
import type { Deps } from "../decisions/deps.ts";
import { Problem } from "../errors.ts";
import { keysOf } from "../privacy/subject-keys.ts";
import { openPayloads } from "../privacy/vault.ts";
import {
  contractOf,
  type Held,
  type HeldDecision,
  nothingHeld,
  openInto,
  sortInto,
  type Vaulted,
} from "./access.ts";
import { entriesOf, type TaggedEntry } from "./entries.ts";
import { heldCounterfactuals } from "./held-counterfactuals.ts";
import { openVaulted } from "./own-decision.ts";
import { eventEntry } from "./trace.ts";

/** One decision, for the person it is about: what came of it, and what would have changed it. */
export interface OneDecision extends Pick<Held, "reviews" | "corrections"> {
  decision: HeldDecision;
  counterfactuals: ToldCounterfactuals;
  /** The decision in whose place this one stands, made on corrected data. */
  replaces: string | null;
}

/** How far from a decision the entry that puts it in another one's place can be: one transaction writes both. */
const BESIDE = 3;

/**
 * Opens one decision of a person's and what is on the record about it, and nothing else of theirs. The opening is on the
 * record first.
 * @throws Problem unknown_decision, also for somebody else's
 */
export async function openOne(deps: Deps, subject: string, id: string): Promise<OneDecision> {
  const found = await openVaulted(deps, id);
  const keys = found ? await keysOf(deps.db, deps.epoch, subject) : [];
  const key = keys.find((each) => each.id === found?.key.id);
  // What a restored backup has lost is no decision any more that could be shown.
  if (!found || !key || found.vaulted.kind !== "decision") throw new Problem("unknown_decision");
  const at = deps.now().toISOString();
  const reading = { kind: "access", at, role: "subject", purpose: "own-access", what: "decisions" } as const;
  const traced = await deps.log.append(eventEntry(deps, key, reading));
  if ("refused" in traced) throw new Problem("unknown_decision");

  const rows = await deps.db
    .select({ kind: record.kind, logIndex: record.logIndex, about: record.about, body: record.body })
    .from(record)
    .where(
      or(
        and(eq(record.about, id), inArray(record.kind, ["correction", "review", "explanation"])),
        and(
          between(record.logIndex, found.logIndex - BESIDE, found.logIndex + BESIDE),
          eq(record.kind, "correction"),
        ),
      ),
    )
    .orderBy(record.logIndex);
  const replaces =
    rows.find(({ kind, body }) => kind === "correction" && (JSON.parse(body) as { by?: string }).by === id)
      ?.about ?? null;
  const indices = [found.logIndex, ...rows.filter(({ about }) => about === id).map((row) => row.logIndex)];
  const leaves = await leavesAt(deps.db, indices);
  const entries = indices.flatMap((logIndex): TaggedEntry[] => {
    const leaf = leaves.get(logIndex);
    return leaf ? [{ logIndex, tag: parseLeaf(leaf).tag }] : [];
  });
  const held = nothingHeld(key, await contractOf(deps, key));
  await openInto(deps, key, entries, held);
  const [decision] = held.decisions;
  // Erased in this moment.
  if (!decision) throw new Problem("unknown_decision");
  const counterfactuals = (await heldCounterfactuals(deps, held)).get(id)!;
  return {
    decision,
    counterfactuals,
    reviews: held.reviews.toReversed(),
    corrections: held.corrections.toReversed(),
    replaces,
  };
}

/**
 * A person's newest decisions over every purpose, newest first, to choose one from; no other entry of theirs is opened.
 * The opening is on the record first, once under each key that one of them is under.
 */
export async function openNewest(deps: Deps, subject: string, most: number): Promise<HeldDecision[]> {
  const owned = await Promise.all(
    (await keysOf(deps.db, deps.epoch, subject)).map(async (key) => ({
      key,
      entries: await entriesOf(deps.db, key),
    })),
  );
  const all = owned.flatMap(({ entries }) => entries.map(({ logIndex }) => logIndex));
  const decided: number[] = [];
  for (const part of chunksOf(all)) {
    const rows = await deps.db
      .select({ logIndex: record.logIndex })
      .from(record)
      .where(and(inArray(record.logIndex, part), eq(record.kind, "decision")))
      .orderBy(desc(record.logIndex))
      .limit(most);
    decided.push(...rows.map(({ logIndex }) => logIndex));
  }
  const shown = new Set(decided.toSorted((a, b) => b - a).slice(0, most));
  const at = deps.now().toISOString();
  const decisions: HeldDecision[] = [];
  for (const { key, entries } of owned) {
    const chosen = entries.filter(({ logIndex }) => shown.has(logIndex));
    if (chosen.length === 0) continue;
    const reading = {
      kind: "access",
      at,
      role: "subject",
      purpose: "own-request",
      what: "decisions",
    } as const;
    await deps.log.append(eventEntry(deps, key, reading));
    const held = nothingHeld(key, await contractOf(deps, key));
    const payloads = await openPayloads(
      deps.db,
      key,
      chosen.map(({ tag }) => tag),
    );
    for (const { logIndex, tag } of chosen) {
      const plaintext = payloads.get(toHex(tag));
      // One whose retention ended meanwhile is none to choose.
      if (plaintext) sortInto(held, JSON.parse(new TextDecoder().decode(plaintext)) as Vaulted, logIndex);
    }
    decisions.push(...held.decisions);
  }
  return decisions.toSorted((a, b) => b.logIndex - a.logIndex);
}
