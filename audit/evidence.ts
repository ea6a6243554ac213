import { toBase64, utf8 } from "./bytes.ts";
import { canonicalize, canonicalText, type Json, type JsonObject, parseCanonical } from "./canonical.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { verifyCoarseningItem } from "./coarsening.ts";
import { commit } from "./commitment.ts";
import type { Crypto } from "./crypto.ts";
import { verifyErasureItem } from "./erasure.ts";
import { type Leaf, parseLeaf } from "./leaf.ts";
import { asBytes, asHashes, asIndex, asMembers, asObject, asText, has } from "./members.ts";
import { hashLeaf, verifyInclusion } from "./merkle.ts";
import { checkPending } from "./pending.ts";
import { checkRecord, checkSaysTheSame } from "./record.ts";
import { atEntry, Refusal } from "./refusal.ts";

// One decision's evidence: a single line of canonical JSON. It opens a record to whoever holds it, so it names its
// recipient and a last day, and the entry that says both is on the log and proved beside the decision.

export const EVIDENCE_FORMAT = "motivo-evidence/v1";

/** A leaf and its inclusion proof under the bundle's checkpoint. */
export type Placed = { index: number; leaf: Uint8Array; proof: readonly Uint8Array[] };
export type Opened = Placed & { record: JsonObject; salt: Uint8Array };

export type ErasedEvidence =
  /** `position` and `path` prove the item (index ‖ salt) under the erasure leaf's items root. */
  { by: Placed; salt: Uint8Array; position: number; path: readonly Uint8Array[] } | { since: number };

/** The coarsening entry that put a record there, and the place of (index ‖ the record's commitment) under its root. */
export type CoarsenedEvidence = { by: Placed; position: number; path: readonly Uint8Array[] };

export type Evidence = {
  /** Signed note. Entry, issue and erasure are all proved under it. */
  checkpoint: string;
  entry: Opened | (Opened & { coarsened: CoarsenedEvidence }) | (Placed & { erased: ErasedEvidence });
  /**
   * The entry of kind "export" that put this bundle on the log, with the record
   * `{kind, hour, what: "evidence", object: <entry index>, recipient, expires: "YYYY-MM-DD"}`; more members may stand
   * beside these.
   */
  issue: Opened;
};

export function formatEvidence({ checkpoint, entry, issue }: Evidence): string {
  const document = {
    checkpoint,
    entry: formatEntry(entry),
    format: EVIDENCE_FORMAT,
    issue: formatEntry(issue),
  };
  return `${canonicalize(document)}\n`;
}

function formatEntry(entry: Evidence["entry"]): JsonObject {
  if ("coarsened" in entry) {
    const { by, position, path } = entry.coarsened;
    const coarsened = { by: formatPlaced(by), position, path: path.map(toBase64) };
    return { ...formatOpened(entry), coarsened };
  }
  if (!("erased" in entry)) return formatOpened(entry);
  const { erased } = entry;
  if ("since" in erased) return { ...formatPlaced(entry), erased: { since: erased.since } };
  const { by, salt, position, path } = erased;
  return {
    ...formatPlaced(entry),
    erased: { by: formatPlaced(by), salt: toBase64(salt), position, path: path.map(toBase64) },
  };
}

export const formatOpened = (entry: Opened): JsonObject => ({
  ...formatPlaced(entry),
  record: entry.record,
  salt: toBase64(entry.salt),
});

export const formatPlaced = ({ index, leaf, proof }: Placed): JsonObject => ({
  index,
  leaf: toBase64(leaf),
  proof: proof.map(toBase64),
});

/** Strict inverse of `formatEvidence` for its line without the newline. Throws Refusal; nothing is verified yet. */
export function parseEvidence(line: string): Evidence {
  const document = asMembers(parseCanonical(line), ["checkpoint", "entry", "format", "issue"]);
  if (document.format !== EVIDENCE_FORMAT) throw new Refusal("field_invalid");
  return {
    checkpoint: asText(document.checkpoint),
    entry: parseEntry(document.entry),
    issue: parseOpened(document.issue),
  };
}

function parseEntry(value: Json | undefined): Evidence["entry"] {
  const entry = asObject(value);
  if (has(entry, "erased")) return parseGone(entry);
  if (!has(entry, "coarsened")) return parseOpened(entry);
  const { coarsened, ...opened } = entry;
  const told = asMembers(coarsened, ["by", "position", "path"]);
  const by = parsePlaced(asMembers(told.by, ["index", "leaf", "proof"]));
  const item = { by, position: asIndex(told.position), path: asHashes(told.path) };
  return { ...parseOpened(opened), coarsened: item };
}

/** Throws Refusal. */
export function parseOpened(value: Json | undefined): Opened {
  const entry = asMembers(value, ["index", "leaf", "proof", "record", "salt"]);
  return { ...parsePlaced(entry), record: asObject(entry.record), salt: asBytes(entry.salt, 32) };
}

function parseGone(value: Json | undefined): Placed & { erased: ErasedEvidence } {
  const entry = asMembers(value, ["index", "leaf", "proof", "erased"]);
  const erased = asObject(entry.erased);
  if (has(erased, "since")) {
    return { ...parsePlaced(entry), erased: { since: asIndex(asMembers(erased, ["since"]).since) } };
  }
  asMembers(erased, ["by", "salt", "position", "path"]);
  const by = parsePlaced(asMembers(erased.by, ["index", "leaf", "proof"]));
  const salt = asBytes(erased.salt, 16);
  const item = { by, salt, position: asIndex(erased.position), path: asHashes(erased.path) };
  return { ...parsePlaced(entry), erased: item };
}

/** The members are known to be there. Throws Refusal. */
export const parsePlaced = (entry: JsonObject): Placed => ({
  index: asIndex(entry.index),
  leaf: asBytes(entry.leaf),
  proof: asHashes(entry.proof),
});

/**
 * Checks a bundle against its checkpoint, whose signature is already verified. `today` is the UTC date, YYYY-MM-DD.
 * Throws Refusal; `evidence_expired` only when everything else holds.
 */
export function checkEvidence(
  crypto: Crypto,
  { entry, issue }: Evidence,
  checkpoint: Checkpoint,
  today: string,
): "VERIFIED" | "COARSENED" | "ERASED" | "PENDING" {
  const leaf = placedLeaf(crypto, entry, checkpoint);
  if (leaf.kind !== "decision") throw new Refusal("entry_not_decision", entry.index);
  const issueLeaf = openedLeaf(crypto, issue, checkpoint);
  const state =
    "erased" in entry
      ? checkErased()
      : "coarsened" in entry
        ? checkCoarsened(crypto, entry, leaf, checkpoint)
        : checkOpened(crypto, entry, leaf, "VERIFIED");

  const { what, object, recipient, expires } = issue.record;
  const issued = issueLeaf.kind === "export" && what === "evidence" && object === entry.index;
  if (!issued || issue.index <= entry.index || !isText(recipient) || !isDay(expires)) {
    throw new Refusal("issue_invalid", issue.index);
  }
  if (today > expires) throw new Refusal("evidence_expired", entry.index);
  return state;

  function checkErased(): "ERASED" | "PENDING" {
    const { index, erased } = entry as Placed & { erased: ErasedEvidence };
    if ("since" in erased) {
      checkPending(erased.since, leaf.hour, Math.max(leaf.hour, issueLeaf.hour), index);
      return "PENDING";
    }
    const byLeaf = placedLeaf(crypto, erased.by, checkpoint);
    const item = { index, salt: erased.salt };
    const listed =
      byLeaf.kind === "erasure" && verifyErasureItem(crypto, item, erased.position, erased.path, byLeaf);
    if (!listed || erased.by.index <= index) throw new Refusal("erasure_not_justified", index);
    return "ERASED";
  }
}

function checkCoarsened(
  crypto: Crypto,
  { index, record, salt, coarsened }: Opened & { coarsened: CoarsenedEvidence },
  leaf: Leaf,
  checkpoint: Checkpoint,
): "COARSENED" {
  atEntry(index, () => checkSaysTheSame(leaf, record));
  const { by, position, path } = coarsened;
  const byLeaf = placedLeaf(crypto, by, checkpoint);
  const item = { index, record: commit(crypto, salt, utf8(canonicalText(record))) };
  const listed = byLeaf.kind === "coarsening" && verifyCoarseningItem(crypto, item, position, path, byLeaf);
  if (!listed || by.index <= index) throw new Refusal("coarsening_not_justified", index);
  return "COARSENED";
}

/** The leaf of an entry that is proved under the checkpoint and whose record opens it. Throws Refusal. */
export function openedLeaf(crypto: Crypto, entry: Opened, checkpoint: Checkpoint): Leaf {
  const leaf = placedLeaf(crypto, entry, checkpoint);
  checkOpened(crypto, entry, leaf, null);
  return leaf;
}

function checkOpened<State>(crypto: Crypto, entry: Opened, leaf: Leaf, state: State): State {
  const { index, record, salt } = entry;
  atEntry(index, () => checkRecord(crypto, leaf, record, canonicalText(record), salt));
  return state;
}

/** The leaf of an entry that is proved under the checkpoint. Throws Refusal. */
export function placedLeaf(crypto: Crypto, { index, leaf, proof }: Placed, { size, root }: Checkpoint): Leaf {
  if (!verifyInclusion(crypto, index, size, hashLeaf(crypto, leaf), proof, root)) {
    throw new Refusal("inclusion_invalid", index);
  }
  return atEntry(index, () => parseLeaf(leaf));
}

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";

/** A date that exists: the calendar gives the same text back. */
export function isDay(value: unknown): value is string {
  if (typeof value !== "string" || !/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(value)) return false;
  const day = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value);
}
