import { and, inArray } from "drizzle-orm";
import { toBase64, toHex } from "../../audit/bytes.ts";
import { hourOf } from "../../audit/leaf.ts";
import { chunksOf } from "../db/chunks.ts";
import { record } from "../db/tables.ts";
import type { DecisionCore, VaultedDecision } from "../decisions/decision.ts";
import type { Deps } from "../decisions/deps.ts";
import { erasureRule, keyUseOf } from "../decisions/key-use.ts";
import type { Subject } from "../decisions/subject.ts";
import type { Contract } from "../models/contract.ts";
import { keysOf, type SubjectKey } from "../privacy/subject-keys.ts";
import { openPayloads } from "../privacy/vault.ts";
import { entriesOf, type TaggedEntry } from "./entries.ts";
import { goneAmong } from "./gone.ts";
import { toldMandates } from "./mandates/find-mandates.ts";
import { requestsOf } from "./requests/requests-of.ts";
import type { VaultedEvent } from "./trace.ts";
import { traceReading } from "./trace-reading.ts";

/** One opening of a person's data. */
export interface Opening {
  /** Whole hours since 1970-01-01T00:00Z. */
  hour: number;
  /** RFC 3339 where the person opened it themselves: the exact time is theirs alone. */
  at?: string;
  role: string;
  purpose: string;
  what: string;
  decision: string | null;
  logIndex: number;
}

export interface HeldDecision {
  at: string;
  logIndex: number;
  client: string;
  subject: Subject;
  inputs: Record<string, string | number>;
  decision: DecisionCore;
}

/** Everything held under one key. */
export interface Held {
  key: SubjectKey;
  contract: Contract;
  /** Newest first. */
  decisions: HeldDecision[];
  opened: Opening[];
  refusals: { at: string; right: string; article: string; logIndex: number }[];
  corrections: { at: string; decision: string; by: string; features: string[]; logIndex: number }[];
  reviews: {
    at: string;
    decision: string;
    result: string;
    outcome: string | null;
    grounds: string;
    logIndex: number;
  }[];
  /** Entries whose words a restored backup has lost. */
  lost: number[];
  /** Whatever else lies behind an entry of the person's, as it was stored: an answer leaves nothing out. */
  others: ({ kind: string; logIndex: number } & Record<string, unknown>)[];
}

export type Vaulted = VaultedDecision | VaultedEvent;

export const nothingHeld = (key: SubjectKey, contract: Contract): Held => ({
  key,
  contract,
  decisions: [],
  opened: [],
  refusals: [],
  corrections: [],
  reviews: [],
  lost: [],
  others: [],
});

/** Sorts what lay in the vault behind one entry; entries are given oldest first. */
export function sortInto(held: Held, vaulted: Vaulted, logIndex: number): void {
  if (vaulted.kind === "decision") {
    const { kind: _, ...decision } = vaulted;
    held.decisions.unshift({ logIndex, ...decision });
  } else if (vaulted.kind === "access") {
    const { kind: _, at, ...opening } = vaulted;
    held.opened.push({ ...opening, at, hour: hourOf(new Date(at)), decision: null, logIndex });
  } else if (vaulted.kind === "correction") {
    const { kind: _, ...correction } = vaulted;
    held.corrections.push({ ...correction, logIndex });
  } else if (vaulted.kind === "review") {
    const { kind: _, ...review } = vaulted;
    held.reviews.push({ ...review, logIndex });
  } else if (vaulted.kind === "lost") held.lost.push(logIndex);
  else if (vaulted.kind === "refusal") {
    const { at, right, article } = vaulted;
    held.refusals.push({ at, right, article, logIndex });
  } else held.others.push({ ...(vaulted as { kind: string }), logIndex });
}

/** The package whose decisions this key is for: the newest version that uses data so. */
export async function contractOf(deps: Pick<Deps, "models">, key: SubjectKey): Promise<Contract> {
  const model = key.purpose.slice(0, key.purpose.indexOf("/"));
  for (const version of await deps.models.versions(model)) {
    const { contract } = await deps.models.published(model, version);
    const use = keyUseOf(contract);
    if (use.purpose === key.purpose && use.retention === key.retention) return contract;
  }
  throw new Error("A key is held for a use that no published version has");
}

/**
 * Opens what lies in the vault behind these entries of a key, oldest first, and sorts it in.
 * @throws Error when something is missing that the log does not say to be gone
 */
export async function openInto(
  { db }: Pick<Deps, "db">,
  key: SubjectKey,
  entries: readonly TaggedEntry[],
  held: Held,
): Promise<void> {
  const payloads = await openPayloads(
    db,
    key,
    entries.map(({ tag }) => tag),
  );
  await goneAmong(db, entries, payloads);
  for (const { logIndex, tag } of entries) {
    const plaintext = payloads.get(toHex(tag));
    if (!plaintext) continue;
    sortInto(held, JSON.parse(new TextDecoder().decode(plaintext)) as Vaulted, logIndex);
  }
}

async function heldUnder(deps: Deps, key: SubjectKey): Promise<Held> {
  const entries = await entriesOf(deps.db, key);
  const held = nothingHeld(key, await contractOf(deps, key));
  await openInto(deps, key, entries, held);
  held.opened.push(
    ...(await openingsOf(
      deps,
      held.decisions.map(({ decision }) => decision.id),
    )),
  );
  held.opened.sort((a, b) => b.logIndex - a.logIndex);
  return held;
}

/** Who opened these decisions: entries that name the decision, not the person. */
export async function openingsOf(deps: Deps, decisions: readonly string[]): Promise<Opening[]> {
  const openings: Opening[] = [];
  for (const ids of chunksOf(decisions)) {
    const rows = await deps.db
      .select({
        logIndex: record.logIndex,
        kind: record.kind,
        hour: record.hour,
        about: record.about,
        body: record.body,
      })
      .from(record)
      .where(and(inArray(record.about, ids), inArray(record.kind, ["access", "export"])));
    for (const { logIndex, kind, hour, about, body } of rows) {
      const told = JSON.parse(body) as { role?: string; purpose?: string; what?: string };
      openings.push({
        hour,
        role: told.role ?? "auditor",
        purpose: told.purpose ?? (kind === "export" ? "evidence" : kind),
        what: told.what ?? kind,
        decision: about,
        logIndex,
      });
    }
  }
  return openings;
}

/**
 * What is held about a person, opened with their keys. The opening itself is on the record first, once under each
 * key, so that the answer shows it too.
 */
export async function openHeld(
  deps: Deps,
  subjectId: string,
  what: "decisions" | "personal-data",
): Promise<Held[]> {
  const traced = await traceReading(deps, subjectId, { role: "subject", purpose: "own-access" }, what);
  // Read again, for the entry just made.
  const keys = (await keysOf(deps.db, deps.epoch, subjectId)).filter(({ id }) => traced.has(id));
  return Promise.all(keys.map((key) => heldUnder(deps, key)));
}

/** The complete access answer (LGPD 18 II and 19 II, GDPR 15): everything held, in the clear, and who opened it. */
export async function accessAnswer(
  deps: Deps,
  controller: string,
  dataProtectionOfficer: string,
  subjectId: string,
) {
  const held = await openHeld(deps, subjectId, "personal-data");
  return {
    format: "motivo-access/v2" as const,
    at: deps.now().toISOString(),
    controller,
    dataProtectionOfficer,
    subject: subjectId,
    held: held.length > 0,
    statement:
      held.length > 0
        ? "This is everything held about you that your keys open."
        : "Nothing is held about you: no decision was recorded under this id, or what was recorded has been erased.",
    /** They live on under keys of their own, after an erasure too, until the day that each states. */
    requests: (await requestsOf(deps, subjectId)).map((request) => ({
      id: request.id,
      reference: request.reference,
      right: request.right,
      state: request.state,
      channel: request.content.channel ?? null,
      receivedAt: request.receivedAt.toISOString(),
      closedAt: request.closedAt?.toISOString() ?? null,
      forgetAt: request.forgetAt?.toISOString() ?? null,
      asked: request.content.asked,
      steps: request.content.steps.map(({ at, action, by, text, articles, logIndex }) => ({
        at,
        action,
        by,
        ...(text === undefined ? {} : { text }),
        ...(articles === undefined ? {} : { articles }),
        logIndex,
      })),
    })),
    /** Who may act for them and did, and that they may act for others. */
    mandates: await toldMandates(deps, subjectId),
    purposes: held.map(
      ({ key, contract, decisions, opened, refusals, corrections, reviews, others, lost }) => ({
        model: contract.name,
        title: contract.title,
        purposes: Object.values(contract.purposes).map(({ text }) => text),
        legalBases: usedBases(contract).map(({ kind, articles }) => ({ kind, articles })),
        retention: Object.values(contract.retentions),
        erasure: erasureRule(contract),
        /** With this key anyone can check that no entry that carries a tag of this person was left out. */
        completeness: { entries: key.entries, tagKey: toBase64(key.tagKey) },
        decisions,
        opened,
        refusals,
        corrections,
        reviews,
        counterfactuals: others.filter(({ kind }) => kind === "counterfactual"),
        lost,
      }),
    ),
  };
}

/** The legal bases that a package's features rest on; one that it states and rests nothing on is left out. */
export function usedBases(contract: Contract) {
  const used = new Set(contract.features.map(({ basis }) => basis));
  return Object.entries(contract.bases).flatMap(([code, { kind, articles }]) =>
    used.has(code) ? [{ code, kind, articles }] : [],
  );
}
