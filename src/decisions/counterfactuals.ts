import { and, eq } from "drizzle-orm";
import { canonicalize, type Json } from "../../audit/canonical.ts";
import { hourOf, parseLeaf } from "../../audit/leaf.ts";
import type { Database } from "../db/client.ts";
import { appendEntries, lockHead, type NewEntry } from "../db/log-append.ts";
import { record } from "../db/tables.ts";
import { COUNTERFACTUAL_VERSION } from "../explain/counterfactuals.ts";
import type { Cell } from "../explain/game.ts";
import type { Contract, Feature } from "../models/contract.ts";
import type { PublishedVersion } from "../models/registry.ts";
import { anonymise, bearsAttribution, coarsestLevel, type RecordedValue } from "../privacy/anonymise.ts";
import { retryStale } from "../privacy/stale.ts";
import { entryOf, openByTag } from "../privacy/vault.ts";
import type { Deps } from "./deps.ts";
import { type OpenedVault, openVaulted } from "./opened-vault.ts";
import { leafDigests } from "./record.ts";
import {
  type ChangesFound,
  changeableFeatures,
  searchChanges,
  searchDigest,
  unfavourableOf,
} from "./search-changes.ts";
import { identifiersOf } from "./subject.ts";

/** What the vault keeps about one decision, with the actual values, encrypted under the person's key. */
export interface VaultedCounterfactuals extends ChangesFound {
  kind: "counterfactual";
  /** When it was computed; RFC 3339, as `decidedAt`. */
  at: string;
  decision: string;
  decidedAt: string;
  model: string;
  version: number;
  algorithm: string;
}

/** How it stands with a decision's counterfactuals. */
export type CounterfactualsOf =
  | { state: "computed"; logIndex: number; found: VaultedCounterfactuals }
  /** Not yet on the record. */
  | { state: "computing" }
  | { state: "favourable" }
  /** The package marks nothing that the person could change. */
  | { state: "nothing-changeable" };

const WHAT = "counterfactuals";

/** @returns the log index of a decision's own entry, undefined while there is none */
async function entryAbout(db: Database, decision: string): Promise<number | undefined> {
  const rows = await db
    .select({ logIndex: record.logIndex, body: record.body })
    .from(record)
    .where(and(eq(record.about, decision), eq(record.kind, "explanation")));
  return rows.find(({ body }) => (JSON.parse(body) as { what?: string }).what === WHAT)?.logIndex;
}

/** Why there will be none, whatever is searched; null where there may be. */
export function withoutCounterfactuals(
  contract: Contract,
  outcome: string,
): "favourable" | "nothing-changeable" | null {
  if (!unfavourableOf(contract).includes(outcome)) return "favourable";
  return changeableFeatures(contract).length === 0 ? "nothing-changeable" : null;
}

function directionOf(feature: Feature, from: Cell, to: Cell): "up" | "down" | "other" {
  if (typeof from === "number" && typeof to === "number") return to > from ? "up" : "down";
  if (feature.type !== "category" || feature.changeable?.direction === "any") return "other";
  return feature.changeable?.direction ?? "other";
}

/**
 * What auditors may read: which features, and which way. No value, since a changed one leads back to the row; a feature
 * whose value the record does not show is counted and not named.
 */
function recordedWays(
  { features }: Contract,
  inputs: Readonly<Record<string, RecordedValue>>,
  { ways }: ChangesFound,
): Json {
  return ways.map(({ changes }) => {
    const named = changes.filter(({ feature }) => bearsAttribution(inputs[feature]));
    return {
      changes: named.map(({ feature, from, to }) => ({
        feature,
        direction: directionOf(features.find(({ name }) => name === feature)!, from, to),
      })),
      ...(named.length < changes.length ? { unnamed: changes.length - named.length } : {}),
    };
  });
}

function newEntry(
  deps: Deps,
  version: PublishedVersion,
  { key, vaulted }: OpenedVault,
  found: VaultedCounterfactuals,
): NewEntry {
  const { contract } = version;
  const hour = hourOf(deps.now());
  const digests = { ...version.digests, explainer: searchDigest(contract) };
  const cells = contract.features.map(({ name }) => vaulted.inputs[name]!);
  // Where records may be coarsened, this one names what it would at the coarsest.
  const level = contract.risk === undefined ? 0 : coarsestLevel(contract);
  const inputs = anonymise(contract, cells, { key, identifiers: identifiersOf(vaulted.subject) }, level);
  return {
    leaf: { kind: "explanation", digests: leafDigests(digests) },
    hour,
    body: {
      kind: "explanation",
      hour,
      about: found.decision,
      what: WHAT,
      state: found.state,
      ways: recordedWays(contract, inputs, found),
      digests,
    },
    columns: { id: deps.randomId(), about: found.decision },
    subject: entryOf(deps.epoch, key, new TextEncoder().encode(canonicalize(found as unknown as Json))),
  };
}

/**
 * Computes what would have changed a decision, by the version that took it, and puts it on the record as an entry of its
 * own under the person's key: an erasure takes it along. At most one a decision, whichever process comes first, since
 * whether there is one is looked up again under the locked head of the log. A crash before the commit leaves nothing, and the
 * next that asks computes the same.
 * @returns null when the decision was erased
 */
async function make(deps: Deps, id: string): Promise<CounterfactualsOf | null> {
  const opened = await openVaulted(deps, id);
  // What a restored backup has lost has no inputs to search from.
  if (opened?.vaulted.kind !== "decision") return null;
  const { decision, inputs, at } = opened.vaulted;
  const { contract } = await deps.models.published(decision.model, decision.version);
  const without = withoutCounterfactuals(contract, decision.outcome);
  if (without) return { state: without };
  const version = await deps.models.live(decision.model, decision.version);
  const changes = await searchChanges(
    version,
    contract.features.map(({ name }) => inputs[name]!),
  );
  const found: VaultedCounterfactuals = {
    kind: "counterfactual",
    at: deps.now().toISOString(),
    decision: id,
    decidedAt: at,
    model: decision.model,
    version: decision.version,
    algorithm: COUNTERFACTUAL_VERSION,
    ...changes,
  };
  const written = await retryStale(deps.epoch, () => {
    // Before the head is locked: everybody's entries wait behind that.
    const entry = newEntry(deps, version, opened, found);
    return deps.db.transaction(async (tx) => {
      await lockHead(tx);
      const there = await entryAbout(tx, id);
      if (there !== undefined) return { logIndex: there };
      const [outcome] = await appendEntries(tx, deps.log.context, [entry]);
      return outcome!;
    });
  });
  // The person was forgotten meanwhile.
  if ("refused" in written) return null;
  return { state: "computed", logIndex: written.logIndex, found };
}

const running = new WeakMap<Deps["log"], Map<string, Promise<CounterfactualsOf | null>>>();

/**
 * The same, computed once however many ask at the same time in this process.
 * @throws Problem prediction_failed, not_ready
 */
export function makeCounterfactuals(deps: Deps, id: string): Promise<CounterfactualsOf | null> {
  const own = running.get(deps.log) ?? new Map<string, Promise<CounterfactualsOf | null>>();
  running.set(deps.log, own);
  const known = own.get(id);
  if (known) return known;
  const made = make(deps, id).finally(() => own.delete(id));
  own.set(id, made);
  return made;
}

/** How long whoever asks first waits for what is computed then; after that it goes on without them. */
const PATIENCE_MS = 2_000;

/**
 * A decision's counterfactuals as they are on the record; where they are not yet there, as after a crash, they are computed
 * now. Leaves no trace of the reading and asks for no authority: both are the caller's.
 * @returns null when the decision was erased, or never was
 * @throws Problem prediction_failed, not_ready
 */
export async function counterfactualsOf(deps: Deps, id: string): Promise<CounterfactualsOf | null> {
  const logIndex = await entryAbout(deps.db, id);
  if (logIndex !== undefined) {
    const { leaf } = await deps.log.leaf(logIndex);
    const opened = await openByTag(deps.db, deps.epoch, parseLeaf(leaf).tag);
    if (!opened) return null;
    const found = JSON.parse(new TextDecoder().decode(opened.plaintext)) as VaultedCounterfactuals;
    if (found.kind === "counterfactual") return { state: "computed", logIndex, found };
    // Its words were lost with a backup; the same is found again, and the entry stays as it is.
  }
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<CounterfactualsOf>((resolve) => {
    timer = setTimeout(() => resolve({ state: "computing" }), PATIENCE_MS);
  });
  const made = makeCounterfactuals(deps, id);
  // It may fail after nobody waits for it any more; whoever asks next meets the fault.
  made.catch(() => undefined);
  return Promise.race([made, late]).finally(() => clearTimeout(timer));
}
