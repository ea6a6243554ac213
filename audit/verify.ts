import { ACCESS_FORMAT, AccessCheck, type AccessKey, parseAccessHeader } from "./access.ts";
import { bytesEqual, toBase64 } from "./bytes.ts";
import { parseJson } from "./canonical.ts";
import { type Checkpoint, openCheckpoint } from "./checkpoint.ts";
import { CONSISTENCY_FORMAT, checkConsistency, parseConsistency } from "./consistency.ts";
import type { Crypto } from "./crypto.ts";
import {
  ERASURE_CERTIFICATE_FORMAT,
  ErasureCertificateCheck,
  parseErasureHeader,
  type Stages,
} from "./erasure-certificate.ts";
import { checkEvidence, EVIDENCE_FORMAT, type Opened, parseEvidence } from "./evidence.ts";
import { EXPORT_FORMAT, parseExportHeader } from "./export.ts";
import { ExportCheck, type States } from "./export-check.ts";
import {
  changesFrom,
  checkKeyChangeDocument,
  KEY_CHANGE_FORMAT,
  type KeyChange,
  parseKeyChange,
} from "./key-change.ts";
import { hourOf } from "./leaf.ts";
import { LineSplitter, lineText } from "./lines.ts";
import { asObject } from "./members.ts";
import type { LogKeys } from "./note.ts";
import { checkPolicy, type Policy } from "./policy.ts";
import { openReceipt } from "./receipt.ts";
import { type Code, Refusal } from "./refusal.ts";

export type Question = {
  /** The log's key, or those that it has had. */
  key: LogKeys;
  /** Signed note of a checkpoint kept from before, if there is one. */
  keptCheckpoint?: string;
  /** Which witnesses must have cosigned the document's checkpoint. */
  policy?: Policy;
  /** For an access answer: receipts that the person was given, as text, and every leaf of the log. */
  receipts?: readonly string[];
  leaves?: AsyncIterable<Uint8Array>;
  /** Decides whether evidence has expired, and whether an erasure may still be pending. */
  now: Date;
  /** Called now and then with the bytes read so far. */
  onProgress?(bytes: number): void;
};

export type State = keyof States | "EXPIRED" | "MISSING" | "ALTERED" | "REFUSED" | "UNUSABLE";
export type Format = "export" | "evidence" | "consistency" | "key-change" | "access" | "erasure";

export type Verdict = {
  ok: boolean;
  format: Format | null;
  state: State;
  /** Why not, null when ok. */
  code: Code | null;
  /** First wrong entry and its line (from 1), where the refusal has them. */
  entry: number | null;
  line: number | null;
  /** Entries looked at, and how many are in which accepted state. */
  entries: number;
  states: States;
  /** Indexes of the first pending entries, to be asked for again a day later. */
  pending: number[];
  /** Null until its signature is verified; `root` in base64. */
  checkpoint: { origin: string; size: number; root: string } | null;
  /** Names, in the policy, of the witnesses that cosigned; empty without a policy. */
  witnesses: string[];
  /** Changes of the log's key that lead on from the keys given. */
  keyChanges: KeyChange[];
  /** An access answer: true when every leaf was looked at and none was left out; else null. */
  complete: true | null;
  /** An erasure certificate's two stages; else null. */
  stages: Stages | null;
};

/** What checks the lines after the first. */
type Check = { line(bytes: Uint8Array): void; finish(): void | Promise<void>; tell(verdict: Verdict): void };

/** How every document begins: canonical JSON puts this member first. */
const OPENING = new TextEncoder().encode('{"checkpoint":"');

/**
 * Verifies a document from its bytes, in one pass. Never throws for what the bytes are: a refusal is an answer. An error
 * of the stream itself is thrown on.
 */
export async function verify(
  crypto: Crypto,
  chunks: AsyncIterable<Uint8Array>,
  question: Question,
): Promise<Verdict> {
  const verdict = freshVerdict();
  let check: Check | null = null;
  let lineNumber = 0;
  try {
    const kept = await openKept(crypto, question);
    const lines = new LineSplitter();
    let bytes = 0;
    for await (const chunk of chunks) {
      expectOpening(chunk, bytes);
      for (const line of lines.push(chunk)) {
        lineNumber += 1;
        if (lineNumber === 1) check = await firstLine(crypto, lineText(line), kept, question, verdict);
        else if (check) check.line(line);
        else throw new Refusal("lines_after_end");
      }
      bytes += chunk.length;
      question.onProgress?.(bytes);
    }
    if (bytes < OPENING.length) throw new Refusal("format_unknown");
    lines.end();
    await check?.finish();
    verdict.ok = true;
    check?.tell(verdict);
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause;
    check?.tell(verdict);
    refuse(verdict, cause, lineNumber);
  }
  return verdict;
}

/** Long documents open a check of the lines to come; short ones are all in this line. */
async function firstLine(
  crypto: Crypto,
  line: string,
  kept: Checkpoint | null,
  question: Question,
  verdict: Verdict,
): Promise<Check | null> {
  const { format } = asObject(parseJson(line));
  const open = async (note: string): Promise<Checkpoint> => {
    const checkpoint = await openCheckpoint(crypto, note, question.key);
    verdict.checkpoint = shown(checkpoint);
    if (question.policy) verdict.witnesses = await checkPolicy(crypto, note, question.policy);
    return checkpoint;
  };
  switch (format) {
    case EXPORT_FORMAT: {
      verdict.format = "export";
      return exportCheck(crypto, await open(parseExportHeader(line)), kept, question);
    }
    case EVIDENCE_FORMAT:
      verdict.format = "evidence";
      await evidence(crypto, line, open, kept, question, verdict);
      return null;
    case CONSISTENCY_FORMAT: {
      verdict.format = "consistency";
      if (!kept) throw new Refusal("kept_checkpoint_needed");
      const consistency = parseConsistency(line);
      checkConsistency(crypto, consistency, await open(consistency.checkpoint), kept);
      return null;
    }
    case KEY_CHANGE_FORMAT: {
      verdict.format = "key-change";
      const { checkpoint, entry } = parseKeyChange(line);
      const opened = await open(checkpoint);
      compareWithKept(opened, kept);
      const change = await checkKeyChangeDocument(crypto, entry, opened, question.key);
      verdict.keyChanges = [change];
      verdict.entries = 1;
      return null;
    }
    case ACCESS_FORMAT: {
      verdict.format = "access";
      const { checkpoint, keys } = parseAccessHeader(line);
      const opened = await open(checkpoint);
      compareWithKept(opened, kept);
      return accessCheck(crypto, opened, keys, question);
    }
    case ERASURE_CERTIFICATE_FORMAT: {
      verdict.format = "erasure";
      const { checkpoint, destroyed } = parseErasureHeader(line);
      const opened = await open(checkpoint);
      compareWithKept(opened, kept);
      return certificateCheck(crypto, opened, destroyed, question);
    }
    default:
      throw new Refusal("format_unknown");
  }
}

function exportCheck(
  crypto: Crypto,
  checkpoint: Checkpoint,
  kept: Checkpoint | null,
  { key }: Question,
): Check {
  const check = new ExportCheck(crypto, checkpoint, kept);
  return {
    line: (bytes) => check.line(bytes),
    finish: () => check.finish(),
    tell(verdict) {
      const { entries, states, pending, keyChanges } = check;
      Object.assign(verdict, { entries, states, pending, keyChanges: changesFrom(key, keyChanges) });
    },
  };
}

async function accessCheck(
  crypto: Crypto,
  checkpoint: Checkpoint,
  keys: readonly AccessKey[],
  { key, receipts = [], leaves }: Question,
): Promise<Check> {
  const opened = await Promise.all(receipts.map((receipt) => openReceipt(crypto, receipt, key)));
  const check = new AccessCheck(crypto, checkpoint, keys, { receipts: opened, ...(leaves && { leaves }) });
  return {
    line: (bytes) => check.line(bytes),
    finish: () => check.finish(),
    tell(verdict) {
      const { entries, gone, complete } = check;
      const states = { VERIFIED: entries - gone, COARSENED: 0, ERASED: 0, PENDING: gone };
      Object.assign(verdict, { entries, complete, states });
    },
  };
}

function certificateCheck(
  crypto: Crypto,
  checkpoint: Checkpoint,
  destroyed: Opened | null,
  { now }: Question,
): Check {
  const check = new ErasureCertificateCheck(crypto, checkpoint, destroyed, hourOf(now));
  return {
    line: (bytes) => check.line(bytes),
    finish: () => check.finish(),
    tell(verdict) {
      const { entries, states, pending, stages } = check;
      Object.assign(verdict, { entries, states, pending, stages });
      verdict.state = states.PENDING > 0 ? "PENDING" : "ERASED";
    },
  };
}

async function evidence(
  crypto: Crypto,
  line: string,
  open: (note: string) => Promise<Checkpoint>,
  kept: Checkpoint | null,
  { now }: Question,
  verdict: Verdict,
): Promise<void> {
  const parsed = parseEvidence(line);
  const checkpoint = await open(parsed.checkpoint);
  compareWithKept(checkpoint, kept);
  verdict.entries = 1;
  verdict.entry = parsed.entry.index;
  const state = checkEvidence(crypto, parsed, checkpoint, now.toISOString().slice(0, 10));
  verdict.state = state;
  verdict.states[state] = 1;
  if (state === "PENDING") verdict.pending = [parsed.entry.index];
}

async function openKept(crypto: Crypto, { key, keptCheckpoint }: Question): Promise<Checkpoint | null> {
  if (keptCheckpoint === undefined) return null;
  try {
    return await openCheckpoint(crypto, keptCheckpoint, key);
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause;
    throw new Refusal("kept_checkpoint_invalid");
  }
}

/** A document without a consistency proof: with another size the two say nothing about each other. */
function compareWithKept(checkpoint: Checkpoint, kept: Checkpoint | null): void {
  if (!kept) return;
  if (kept.size !== checkpoint.size) throw new Refusal("checkpoint_not_comparable");
  if (!bytesEqual(kept.root, checkpoint.root)) throw new Refusal("checkpoint_inconsistent");
}

function expectOpening(chunk: Uint8Array, before: number): void {
  for (let i = 0; i < chunk.length && before + i < OPENING.length; i++) {
    if (chunk[i] !== OPENING[before + i]) throw new Refusal("format_unknown");
  }
}

const shown = ({ origin, size, root }: Checkpoint) => ({ origin, size, root: toBase64(root) });

const freshVerdict = (): Verdict => ({
  ok: false,
  format: null,
  state: "VERIFIED",
  code: null,
  entry: null,
  line: null,
  entries: 0,
  states: { VERIFIED: 0, COARSENED: 0, ERASED: 0, PENDING: 0 },
  pending: [],
  checkpoint: null,
  witnesses: [],
  keyChanges: [],
  complete: null,
  stages: null,
});

function refuse(verdict: Verdict, refusal: Refusal, lineNumber: number): void {
  verdict.ok = false;
  verdict.code = refusal.code;
  verdict.state = STATE_OF_CODE[refusal.code] ?? "REFUSED";
  verdict.states = { VERIFIED: 0, COARSENED: 0, ERASED: 0, PENDING: 0 };
  // What was read before the refusal is not to be relied on.
  Object.assign(verdict, { witnesses: [], keyChanges: [], complete: null, stages: null });
  verdict.entry = refusal.entry ?? null;
  verdict.line = lineNumber > 0 ? lineNumber : null;
}

/** What nothing could be checked for, a verdict of its own: exit code 2. */
export function unusable(code: Code): Verdict {
  const verdict = freshVerdict();
  refuse(verdict, new Refusal(code), 0);
  return verdict;
}

const STATE_OF_CODE: { [code in Code]?: State } = {
  arguments_invalid: "UNUSABLE",
  file_unreadable: "UNUSABLE",
  key_invalid: "UNUSABLE",
  kept_checkpoint_invalid: "UNUSABLE",
  kept_checkpoint_needed: "UNUSABLE",
  policy_invalid: "UNUSABLE",
  receipt_invalid: "UNUSABLE",
  checkpoint_not_comparable: "UNUSABLE",
  format_unknown: "UNUSABLE",
  record_altered: "ALTERED",
  record_leaf_mismatch: "ALTERED",
  record_kept_after_erasure: "ALTERED",
  erasure_items_mismatch: "ALTERED",
  coarsening_not_justified: "ALTERED",
  coarsening_items_mismatch: "ALTERED",
  record_kept_after_coarsening: "ALTERED",
  root_mismatch: "ALTERED",
  inclusion_invalid: "ALTERED",
  checkpoint_inconsistent: "ALTERED",
  payload_altered: "ALTERED",
  tag_mismatch: "ALTERED",
  access_incomplete: "MISSING",
  record_missing: "MISSING",
  erasure_not_justified: "MISSING",
  erasure_repeated: "MISSING",
  pending_invalid: "MISSING",
  size_mismatch: "MISSING",
  end_missing: "MISSING",
  evidence_expired: "EXPIRED",
};
