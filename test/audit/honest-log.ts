import { createPrivateKey, createPublicKey, hash, sign } from "node:crypto";
import { formatAccessEnd, formatAccessEntry, formatAccessHeader } from "../../audit/access.ts";
import { concatBytes, toBase64, toHex, utf8 } from "../../audit/bytes.ts";
import { canonicalize, type JsonObject } from "../../audit/canonical.ts";
import { signCheckpoint } from "../../audit/checkpoint.ts";
import { type CoarseningItem, coarseningTree } from "../../audit/coarsening.ts";
import { commit, tag } from "../../audit/commitment.ts";
import { formatConsistency } from "../../audit/consistency.ts";
import { cosignatureLine, cosignedMessage } from "../../audit/cosignature.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { type ErasureItem, erasureTree } from "../../audit/erasure.ts";
import {
  formatCertifiedItem,
  formatErasureEnd,
  formatErasureEntry,
  formatErasureHeader,
} from "../../audit/erasure-certificate.ts";
import {
  type CoarsenedEvidence,
  type ErasedEvidence,
  type Evidence,
  formatEvidence,
  type Opened,
  type Placed,
} from "../../audit/evidence.ts";
import {
  type Erased,
  formatExportEnd,
  formatExportEntry,
  formatExportHeader,
  type Items,
} from "../../audit/export.ts";
import { appendBatch, EMPTY_FRONTIER, rootOf } from "../../audit/frontier.ts";
import { formatKeyChange, keyChangeMembers } from "../../audit/key-change.ts";
import { encodeLeaf, type Leaf, type LeafKind, NO_TAG, NO_VAULT, parseLeaf } from "../../audit/leaf.ts";
import { consistencyPath, foldSubtrees, hashLeaf } from "../../audit/merkle.ts";
import {
  COSIGNATURE,
  ed25519Key,
  formatNote,
  formatVkey,
  noteKey,
  parseNote,
  type Signer,
  type VerifierKey,
} from "../../audit/note.ts";
import { formatTlogProof } from "../../audit/proof.ts";

export const FIRST_HOUR = 496_000;

/** A stream of bytes and numbers that a seed fixes: SHA-256(seed ‖ counter). */
export class Seeded {
  #counter = 0;
  readonly #seed: string;

  constructor(seed: string) {
    this.#seed = seed;
  }

  bytes(length: number): Uint8Array {
    const bytes = hash("sha256", `${this.#seed}/${this.#counter++}`, "buffer");
    return new Uint8Array(bytes.subarray(0, length));
  }

  /** 0 … below−1. */
  below(below: number): number {
    return new DataView(this.bytes(4).buffer).getUint32(0) % below;
  }

  shuffled<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
    }
    return shuffled;
  }
}

/** A signer whose Ed25519 key is fixed by the seed. For tests and examples, never for a log. */
export function testSigner(origin: string, seed: string): Signer & { vkey: string } {
  const der = Buffer.concat([
    Buffer.from("302e020100300506032b657004220420", "hex"),
    hash("sha256", `key/${seed}`, "buffer"),
  ]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(privateKey).export({ format: "der", type: "spki" }).subarray(-32);
  const key = ed25519Key(nodeCrypto, origin, new Uint8Array(publicKey));
  return { key, vkey: formatVkey(key), sign: (message) => new Uint8Array(sign(null, message, privateKey)) };
}

/** A witness whose key is fixed by the seed: adds its line to a note, at that time in seconds. */
export function testWitness(
  name: string,
  seed: string,
): { key: VerifierKey; vkey: string; cosign(note: string, time?: number): string } {
  const { key: logKey, sign } = testSigner(name, `witness ${seed}`);
  const key = noteKey(nodeCrypto, name, logKey.publicKey, COSIGNATURE);
  return {
    key,
    vkey: formatVkey(key, COSIGNATURE),
    cosign(note, time = 1_785_600_000) {
      const parsed = parseNote(note);
      const line = cosignatureLine(key, time, sign(cosignedMessage(parsed.text, time)));
      return formatNote({ ...parsed, signatures: [...parsed.signatures, line] });
    },
  };
}

/** One key of a person: its tags, and what carries them. */
export type HonestPerson = {
  purpose: string;
  tagKey: Uint8Array;
  entries: { index: number; payload: string; salt: Uint8Array }[];
};

export const honestPerson = (seed: string, purpose = "credit"): HonestPerson => ({
  purpose,
  tagKey: new Uint8Array(hash("sha256", `tag key/${seed}`, "buffer")),
  entries: [],
});

type Kept = { recordText: string; record: JsonObject; salt: Uint8Array; coarsened?: { by: number } };
type Entry = {
  leaf: Uint8Array;
  kept: Kept | null;
  gone: Erased | null;
  items?: Items;
};

/** An honest log in memory, built with the functions that a writer uses. Every instance of a seed is the same. */
export class HonestLog {
  signer: Signer & { vkey: string };
  /** The key that this log will change to next. */
  next: Signer & { vkey: string };
  #keyCount = 0;
  readonly random: Seeded;
  readonly entries: Entry[] = [];
  hour = FIRST_HOUR;
  #tagCounter = 0;

  constructor(seed: string, origin = "log.example/motivo") {
    this.signer = testSigner(origin, seed);
    this.next = testSigner(origin, `${seed}/key 1`);
    this.random = new Seeded(seed);
  }

  get vkey(): string {
    return this.signer.vkey;
  }

  /** Appends an entry of any kind but erasure and coarsening, with `members` in its record; gives its index. */
  append(kind: Exclude<LeafKind, "erasure" | "coarsening">, members: JsonObject = {}): number {
    const digest = () => this.random.bytes(32);
    if (kind === "decision" || kind === "explanation") {
      const digests = { model: digest(), background: digest(), explainer: digest(), policy: digest() };
      return this.#append({ kind, digests, ...this.#head(true) }, { digests: hexed(digests), ...members });
    }
    if (kind === "publish") {
      const digests = { model: digest(), background: digest(), policy: digest() };
      return this.#append({ kind, digests, ...this.#head(false) }, { digests: hexed(digests), ...members });
    }
    if (kind === "key") {
      const index = this.changeKey(members);
      this.endOverlap();
      return index;
    }
    return this.#append({ kind, ...this.#head(false) }, members);
  }

  /** Appends the entry that changes the key; from its checkpoint on both sign, until `endOverlap`. */
  changeKey(members: JsonObject = {}, until = "2099-12-31"): number {
    const { key } = this.next;
    const leaf = { kind: "key" as const, publicKey: key.publicKey, ...this.#head(false) };
    const index = this.#append(leaf, { ...keyChangeMembers(this.signer, key, until), ...members });
    this.#keyCount += 1;
    const [old, next] = [{ ...this.signer, also: [] }, this.next];
    this.signer = { ...old, also: [...(this.signer.also ?? []), next] };
    return index;
  }

  endOverlap(): void {
    this.signer = this.next;
    this.next = testSigner(this.signer.key.name, `${this.signer.vkey}/key ${this.#keyCount + 1}`);
  }

  /** An entry of `person`'s with that payload in the vault, and the salt that opens its commitment. */
  personal(kind: "decision" | "access" | "refusal", person: HonestPerson, payload: string): number {
    const salt = this.random.bytes(32);
    const vault = commit(nodeCrypto, salt, utf8(payload));
    const head = { ...this.#head(false), tag: tag(nodeCrypto, person.tagKey, person.entries.length), vault };
    const digest = () => this.random.bytes(32);
    const digests = { model: digest(), background: digest(), explainer: digest(), policy: digest() };
    const index =
      kind === "decision"
        ? this.#append({ kind, digests, ...head }, { digests: hexed(digests), outcome: "granted" })
        : this.#append({ kind, ...head }, {});
    person.entries.push({ index, payload, salt });
    return index;
  }

  /** The access answer over some people's keys, as one person would have several. */
  access(...keys: HonestPerson[]): string {
    const told = keys.map(({ purpose, tagKey, entries }) => ({ purpose, tagKey, entries: entries.length }));
    const lines = keys.flatMap(({ entries }, key) =>
      entries.map(({ index, payload, salt }, number) =>
        formatAccessEntry({ ...this.placed(index), key, number, opened: { payload, salt } }),
      ),
    );
    return [formatAccessHeader(this.checkpoint(), told), ...lines, formatAccessEnd(lines.length)].join("");
  }

  receipt(index: number): string {
    return JSON.stringify({
      id: "…",
      receipt: {
        logIndex: index,
        leafHash: toBase64(this.leafHashes()[index]!),
        inclusionProof: this.proof(index).map(toBase64),
        checkpoint: this.checkpoint(),
      },
    });
  }

  /** The entry bundles, one after the other. */
  leaves(): Uint8Array {
    return concatBytes(
      ...this.entries.flatMap(({ leaf }) => [Uint8Array.of(leaf.length >> 8, leaf.length), leaf]),
    );
  }

  /** The certificate over erased entries, in ascending order; `destroyed` is the entry that says the key is gone. */
  certificate(indexes: readonly number[], destroyed: number | null = null): string {
    const gone = indexes.map((index) => ({ index, gone: this.entries[index]!.gone! }));
    const covering = [...new Set(gone.flatMap(({ gone }) => ("by" in gone ? [gone.by] : [])))].sort(
      (a, b) => a - b,
    );
    const lines = covering.flatMap((by) => [
      formatErasureEntry(this.opened(by)),
      ...gone.flatMap(({ index, gone }) => {
        if (!("by" in gone) || gone.by !== by) return [];
        const items = this.#erasedItems(by);
        const position = items.findIndex((item) => item.index === index);
        const path = erasureTree(nodeCrypto, items).path(position);
        return [formatCertifiedItem({ ...this.placed(index), by, salt: gone.salt, position, path })];
      }),
    ]);
    const pending = gone.flatMap(({ index, gone }) =>
      "since" in gone ? [formatCertifiedItem({ ...this.placed(index), since: gone.since })] : [],
    );
    const header = formatErasureHeader(this.checkpoint(), destroyed === null ? null : this.opened(destroyed));
    return [header, ...lines, ...pending, formatErasureEnd(indexes.length)].join("");
  }

  consistency(from: number, checkpoint = this.checkpoint()): string {
    const hashes = this.leafHashes();
    const path = from === 0 ? [] : consistencyPath(from, hashes.length);
    const proof = path.map((subtrees) =>
      foldSubtrees(
        nodeCrypto,
        subtrees.map(({ level, index }) =>
          rootOf(nodeCrypto, hashes.slice(index * 2 ** level, (index + 1) * 2 ** level)),
        ),
      ),
    );
    return formatConsistency({ checkpoint, from, proof });
  }

  keyChange(index: number): string {
    return formatKeyChange(this.checkpoint(), this.opened(index));
  }

  decision(): number {
    return this.append("decision", { outcome: this.random.below(2) ? "granted" : "refused", score: 0.25 });
  }

  /** Ends access to records; until `coverErasures` they are pending. */
  erase(...indexes: number[]): void {
    const gone = { since: this.hour };
    for (const index of indexes) this.entries[index] = { ...this.entries[index]!, kept: null, gone };
  }

  get pendingSince(): number[] {
    return this.entries.flatMap(({ gone }) => (gone && "since" in gone ? [gone.since] : []));
  }

  /** Writes the erasure entry that covers everything pending, shuffled. */
  coverErasures(): number {
    const by = this.entries.length;
    const pending = this.entries.flatMap(({ gone }, index) => (gone && "since" in gone ? [index] : []));
    const items = this.random.shuffled(pending).map((index) => ({ index, salt: this.random.bytes(16) }));
    const { count, itemsRoot } = erasureTree(nodeCrypto, items);
    this.#append({ kind: "erasure", count, itemsRoot, ...this.#head(false) }, { count });
    this.entries[by] = { ...this.entries[by]!, items };
    for (const { index, salt } of items)
      this.entries[index] = { ...this.entries[index]!, gone: { by, salt } };
    return by;
  }

  /** Replaces records of decisions that stand by coarser ones, and writes the entry that says so; gives its index. */
  coarsen(...indexes: number[]): number {
    const by = this.entries.length;
    const changed = this.random.shuffled(indexes).map((index) => {
      const { score: _, ...record } = this.entries[index]!.kept!.record;
      const recordText = canonicalize(record);
      const salt = this.random.bytes(32);
      return { index, kept: { recordText, record, salt, coarsened: { by } } };
    });
    const items: CoarseningItem[] = changed.map(({ index, kept }) => ({
      index,
      record: commit(nodeCrypto, kept.salt, utf8(kept.recordText)),
    }));
    const { count, itemsRoot } = coarseningTree(nodeCrypto, items);
    this.#append(
      { kind: "coarsening", count, itemsRoot, ...this.#head(false) },
      { count, k: 5, model: "german-credit" },
    );
    this.entries[by] = { ...this.entries[by]!, items };
    for (const { index, kept } of changed) this.entries[index] = { ...this.entries[index]!, kept };
    return by;
  }

  /** Puts an evidence bundle on the log, as its issue. */
  issue(object: number, expires: string, recipient = "court"): number {
    return this.append("export", { what: "evidence", object, recipient, expires });
  }

  leafHashes(size = this.entries.length): Uint8Array[] {
    return this.entries.slice(0, size).map(({ leaf }) => hashLeaf(nodeCrypto, leaf));
  }

  checkpoint(size = this.entries.length, signer: Signer = this.signer): string {
    const root = rootOf(nodeCrypto, this.leafHashes(size));
    return signCheckpoint({ origin: signer.key.name, size, root }, signer);
  }

  proof(index: number): Uint8Array[] {
    return appendBatch(nodeCrypto, EMPTY_FRONTIER, this.leafHashes()).proof(index);
  }

  tlogProof(index: number): string {
    return formatTlogProof({ index, hashes: this.proof(index), checkpoint: this.checkpoint() });
  }

  export(signer: Signer = this.signer): string {
    const newestHour = Math.max(...this.entries.map(({ leaf }) => parseLeaf(leaf).hour));
    const lines = this.entries.map(({ leaf, kept, gone, items }, index) =>
      formatExportEntry({
        index,
        leaf,
        ...(items && { items }),
        ...(kept
          ? {
              recordText: kept.recordText,
              salt: kept.salt,
              ...(kept.coarsened && { coarsened: kept.coarsened }),
            }
          : { erased: notAfter(newestHour, gone!) }),
      }),
    );
    return [
      formatExportHeader(this.checkpoint(this.entries.length, signer)),
      ...lines,
      formatExportEnd(this.entries.length),
    ].join("");
  }

  evidence(index: number, issue: number): string {
    return formatEvidence(this.evidenceParts(index, issue));
  }

  evidenceParts(index: number, issue: number): Evidence {
    const { gone, kept } = this.entries[index]!;
    const entry = gone
      ? { ...this.placed(index), erased: this.#erasedEvidence(index, issue) }
      : kept?.coarsened
        ? { ...this.opened(index), coarsened: this.#coarsenedEvidence(index, kept.coarsened.by) }
        : this.opened(index);
    return { checkpoint: this.checkpoint(), entry, issue: this.opened(issue) };
  }

  placed(index: number): Placed {
    return { index, leaf: this.entries[index]!.leaf, proof: this.proof(index) };
  }

  opened(index: number): Opened {
    const { record, salt } = this.entries[index]!.kept!;
    return { ...this.placed(index), record, salt };
  }

  #coarsenedEvidence(index: number, by: number): CoarsenedEvidence {
    const items = this.entries[by]!.items as readonly CoarseningItem[];
    const position = items.findIndex((item) => item.index === index);
    return { by: this.placed(by), position, path: coarseningTree(nodeCrypto, items).path(position) };
  }

  #erasedItems(by: number): readonly ErasureItem[] {
    return this.entries[by]!.items as readonly ErasureItem[];
  }

  #erasedEvidence(index: number, issue: number): ErasedEvidence {
    const gone = notAfter(parseLeaf(this.entries[issue]!.leaf).hour, this.entries[index]!.gone!);
    if ("since" in gone) return gone;
    const items = this.#erasedItems(gone.by);
    const position = items.findIndex((item) => item.index === index);
    const path = erasureTree(nodeCrypto, items).path(position);
    return { by: this.placed(gone.by), salt: gone.salt, position, path };
  }

  #head(aboutSubject: boolean): Pick<Leaf, "hour" | "tag" | "record" | "vault"> {
    const ofSubject = tag(nodeCrypto, utf8("a subject's tag key"), this.#tagCounter);
    if (aboutSubject) this.#tagCounter += 1;
    return {
      hour: this.hour,
      tag: aboutSubject ? ofSubject : NO_TAG,
      record: NO_VAULT,
      vault: aboutSubject ? this.random.bytes(32) : NO_VAULT,
    };
  }

  #append(leaf: Leaf, members: JsonObject): number {
    const record = { kind: leaf.kind, hour: leaf.hour, ...members };
    const recordText = canonicalize(record);
    const salt = this.random.bytes(32);
    const committed = { ...leaf, record: commit(nodeCrypto, salt, utf8(recordText)) };
    this.entries.push({ leaf: encodeLeaf(committed), kept: { recordText, record, salt }, gone: null });
    return this.entries.length - 1;
  }
}

const OTHER_KINDS = [
  "correction",
  "outcome",
  "access",
  "export",
  "refusal",
  "review",
  "hold",
  "publish",
  "alias",
  "key",
  "configuration",
  "explanation",
] as const;

/**
 * A log as it may really come out: some `size` entries of all kinds, erasures covered and pending, records coarsened once or
 * more, hours passing.
 */
export function randomLog(seed: string, size: number): HonestLog {
  const log = new HonestLog(seed);
  const { random } = log;
  for (let i = 0; i < size; i++) {
    const what = random.below(11);
    const decisions = log.entries.flatMap(({ gone, items }, index) => (gone || items ? [] : [index]));
    if (what < 5) log.decision();
    else if (what < 7) log.append(OTHER_KINDS[random.below(OTHER_KINDS.length)]!, { note: "é\u2028\n" });
    else if (what === 10) coarsenSome(log);
    else if (what < 8 && decisions.length > 0) log.erase(decisions[random.below(decisions.length)]!);
    else if (what < 9 && log.pendingSince.length > 0) log.coverErasures();
    else log.hour = Math.min(log.hour + 1 + random.below(30), 24 + Math.min(...log.pendingSince));
  }
  return log;
}

function coarsenSome(log: HonestLog): void {
  const standing = log.entries.flatMap(({ kept }, index) =>
    kept?.record.kind === "decision" ? [index] : [],
  );
  const chosen = log.random.shuffled(standing).slice(0, 1 + log.random.below(3));
  if (chosen.length > 0) log.coarsen(...chosen);
}

/** An export says "since" no later than the newest hour on the log, so that a quiet hour looks like no forgery. */
const notAfter = (newestHour: number, gone: Erased): Erased =>
  "since" in gone ? { since: Math.min(gone.since, newestHour) } : gone;

const hexed = (digests: { [name: string]: Uint8Array }): JsonObject =>
  Object.fromEntries(Object.entries(digests).map(([name, digest]) => [name, toHex(digest)]));
