import { toBase64 } from "./bytes.ts";
import { canonicalize, type JsonObject, parseCanonical } from "./canonical.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Crypto } from "./crypto.ts";
import { verifyErasureItem } from "./erasure.ts";
import {
  formatOpened,
  formatPlaced,
  type Opened,
  openedLeaf,
  type Placed,
  parseOpened,
  parsePlaced,
  placedLeaf,
} from "./evidence.ts";
import type { Leaf } from "./leaf.ts";
import { lineText } from "./lines.ts";
import { asBytes, asHashes, asIndex, asMembers, asObject, asText, has } from "./members.ts";
import { checkPending } from "./pending.ts";
import { Refusal } from "./refusal.ts";

// What a person keeps of an erasure: which entries were theirs, and the entries of the log that say each was erased. Two
// stages: access ended (every entry stands in an erasure entry), and no copy opens (the key of that time is destroyed).

export const ERASURE_CERTIFICATE_FORMAT = "motivo-erasure/v1";

/** One erased entry of the person: covered by the erasure entry `by`, or still to be. */
export type CertifiedItem = Placed &
  ({ by: number; salt: Uint8Array; position: number; path: readonly Uint8Array[] } | { since: number });

/**
 * `destroyed` is the entry of kind "configuration" with the record `{kind, hour, what: "epoch-key-destroyed", epoch}`,
 * null until the key is destroyed.
 */
export const formatErasureHeader = (checkpoint: string, destroyed: Opened | null): string =>
  `${canonicalize({
    checkpoint,
    destroyed: destroyed && formatOpened(destroyed),
    format: ERASURE_CERTIFICATE_FORMAT,
  })}\n`;

/** An erasure entry; each stands before the items that it covers. */
export const formatErasureEntry = (entry: Opened): string =>
  `${canonicalize({ erasure: formatOpened(entry) })}\n`;

export function formatCertifiedItem(item: CertifiedItem): string {
  const how =
    "since" in item
      ? { since: item.since }
      : { by: item.by, salt: toBase64(item.salt), position: item.position, path: item.path.map(toBase64) };
  return `${canonicalize({ ...formatPlaced(item), ...how })}\n`;
}

/** Last line: how many items stood before it. */
export const formatErasureEnd = (items: number): string => `${canonicalize({ end: items })}\n`;

/** Throws Refusal. */
export function parseErasureHeader(line: string): { checkpoint: string; destroyed: Opened | null } {
  const header = asMembers(parseCanonical(line), ["checkpoint", "destroyed", "format"]);
  const destroyed = header.destroyed === null ? null : parseOpened(header.destroyed);
  return { checkpoint: asText(header.checkpoint), destroyed };
}

/** Hours since 1970: by when the last erasure entry was written, and in which the key was destroyed; null: not yet. */
export type Stages = { accessEnded: number | null; noCopyOpens: number | null };

type ErasureLeaf = Leaf & { kind: "erasure" };

/** Checks a certificate line by line. Methods throw Refusal at the first thing that is wrong. */
export class ErasureCertificateCheck {
  entries = 0;
  readonly states = { VERIFIED: 0, COARSENED: 0, ERASED: 0, PENDING: 0 };
  readonly pending: number[] = [];
  readonly stages: Stages = { accessEnded: null, noCopyOpens: null };
  readonly #crypto: Crypto;
  readonly #checkpoint: Checkpoint;
  readonly #destroyed: Opened | null;
  readonly #nowHour: number;
  /** The erasure entry that the lines are now about. */
  #erasure: { index: number; leaf: ErasureLeaf } | null = null;
  #latestSince = 0;
  #lastIndex = -1;
  #ended = false;

  /** `nowHour`: a pending item is believed for one interval before it. */
  constructor(crypto: Crypto, checkpoint: Checkpoint, destroyed: Opened | null, nowHour: number) {
    this.#nowHour = nowHour;
    this.#crypto = crypto;
    this.#checkpoint = checkpoint;
    this.#destroyed = destroyed;
  }

  line(bytes: Uint8Array): void {
    if (this.#ended) throw new Refusal("lines_after_end");
    const line = asObject(parseCanonical(lineText(bytes)));
    if (has(line, "end")) {
      if (asIndex(asMembers(line, ["end"]).end) !== this.entries || this.entries === 0) {
        throw new Refusal("size_mismatch");
      }
      this.#ended = true;
    } else if (has(line, "erasure")) this.#covering(asMembers(line, ["erasure"]));
    else this.#item(line);
  }

  finish(): void {
    if (!this.#ended) throw new Refusal("end_missing");
    if (!this.#destroyed) return;
    const leaf = openedLeaf(this.#crypto, this.#destroyed, this.#checkpoint);
    const { what, epoch } = this.#destroyed.record;
    const names =
      leaf.kind === "configuration" && what === "epoch-key-destroyed" && Number.isSafeInteger(epoch);
    // What was erased after the key had gone was never under it.
    const after = this.states.PENDING === 0 && this.#erasure && this.#destroyed.index > this.#erasure.index;
    if (!names || !after) throw new Refusal("destruction_invalid", this.#destroyed.index);
    this.stages.noCopyOpens = leaf.hour;
  }

  #covering(line: JsonObject): void {
    const entry = parseOpened(line.erasure);
    if (this.#erasure && entry.index <= this.#erasure.index)
      throw new Refusal("index_unexpected", entry.index);
    const leaf = openedLeaf(this.#crypto, entry, this.#checkpoint);
    if (leaf.kind !== "erasure") throw new Refusal("erasure_not_justified", entry.index);
    this.#erasure = { index: entry.index, leaf };
    this.#lastIndex = -1;
    this.stages.accessEnded = leaf.hour;
  }

  #item(line: JsonObject): void {
    const pending = has(line, "since");
    const how = pending ? ["since"] : ["by", "salt", "position", "path"];
    asMembers(line, ["index", "leaf", "proof", ...how]);
    const placed = parsePlaced(line);
    const { index } = placed;
    if (pending && this.states.PENDING === 0) this.#lastIndex = -1;
    // In ascending order, so that none counts twice.
    if (index <= this.#lastIndex) throw new Refusal("index_unexpected", index);
    const leaf = placedLeaf(this.#crypto, placed, this.#checkpoint);
    if (pending) this.#pendingItem(index, leaf, asIndex(line.since));
    else {
      const item = { index, salt: asBytes(line.salt, 16) };
      const path = asHashes(line.path);
      const covered =
        this.#erasure?.index === asIndex(line.by) &&
        this.#erasure.index > index &&
        verifyErasureItem(this.#crypto, item, asIndex(line.position), path, this.#erasure.leaf);
      if (!covered || this.states.PENDING > 0) throw new Refusal("erasure_not_justified", index);
      this.states.ERASED += 1;
    }
    this.#lastIndex = index;
    this.entries += 1;
  }

  /** Pending items come last. */
  #pendingItem(index: number, leaf: Leaf, since: number): void {
    if (this.states.PENDING === 0) this.#erasure = null;
    checkPending(since, leaf.hour, this.#nowHour, index);
    this.#latestSince = Math.max(this.#latestSince, since);
    this.stages.accessEnded = this.#latestSince;
    this.states.PENDING += 1;
    if (this.pending.length < 10) this.pending.push(index);
  }
}
