import { bytesEqual, toBase64 } from "./bytes.ts";
import { parseJson } from "./canonical.ts";
import { type Checkpoint, openCheckpoint } from "./checkpoint.ts";
import type { Crypto } from "./crypto.ts";
import { checkEvidence, parseEvidence } from "./evidence.ts";
import { parseExportHeader } from "./export.ts";
import { ExportCheck, type States } from "./export-check.ts";
import { LineSplitter, lineText } from "./lines.ts";
import { asObject, has } from "./members.ts";
import type { VerifierKey } from "./note.ts";
import { type Code, Refusal } from "./refusal.ts";

export type Question = {
  key: VerifierKey;
  /** Signed note of a checkpoint kept from before, if there is one. */
  keptCheckpoint?: string;
  /** Decides whether evidence has expired. */
  now: Date;
  /** Called now and then with the bytes read so far. */
  onProgress?(bytes: number): void;
};

export type State = keyof States | "EXPIRED" | "MISSING" | "ALTERED" | "REFUSED" | "UNUSABLE";

export type Verdict = {
  ok: boolean;
  format: "export" | "evidence" | null;
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
};

/** How both formats begin: canonical JSON puts this member first. */
const OPENING = new TextEncoder().encode('{"checkpoint":"');

/**
 * Verifies an export or an evidence bundle from its bytes, in one pass. Never throws for what the bytes are: a refusal
 * is an answer. An error of the stream itself is thrown on.
 */
export async function verify(
  crypto: Crypto,
  chunks: AsyncIterable<Uint8Array>,
  question: Question,
): Promise<Verdict> {
  const verdict = freshVerdict();
  let check: ExportCheck | null = null;
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
    check?.finish();
    verdict.ok = true;
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause;
    refuse(verdict, cause, lineNumber);
  }
  if (check) Object.assign(verdict, { entries: check.entries, states: check.states, pending: check.pending });
  return verdict;
}

/** An export's header opens a check of the lines to come; evidence is all in this line. */
async function firstLine(
  crypto: Crypto,
  line: string,
  kept: Checkpoint | null,
  { key, now }: Question,
  verdict: Verdict,
): Promise<ExportCheck | null> {
  if (!has(asObject(parseJson(line)), "entry")) {
    verdict.format = "export";
    const checkpoint = await openCheckpoint(crypto, parseExportHeader(line), key);
    verdict.checkpoint = shown(checkpoint);
    return new ExportCheck(crypto, checkpoint, kept);
  }
  verdict.format = "evidence";
  const evidence = parseEvidence(line);
  const checkpoint = await openCheckpoint(crypto, evidence.checkpoint, key);
  verdict.checkpoint = shown(checkpoint);
  compareEvidenceWithKept(checkpoint, kept);
  verdict.entries = 1;
  verdict.entry = evidence.entry.index;
  const state = checkEvidence(crypto, evidence, checkpoint, now.toISOString().slice(0, 10));
  verdict.state = state;
  verdict.states[state] = 1;
  if (state === "PENDING") verdict.pending = [evidence.entry.index];
  return null;
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

/** A bundle holds no consistency proof: with another size the two say nothing about each other. */
function compareEvidenceWithKept(checkpoint: Checkpoint, kept: Checkpoint | null): void {
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
  states: { VERIFIED: 0, ERASED: 0, PENDING: 0 },
  pending: [],
  checkpoint: null,
});

function refuse(verdict: Verdict, refusal: Refusal, lineNumber: number): void {
  verdict.ok = false;
  verdict.code = refusal.code;
  verdict.state = STATE_OF_CODE[refusal.code] ?? "REFUSED";
  verdict.states = { VERIFIED: 0, ERASED: 0, PENDING: 0 };
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
  checkpoint_not_comparable: "UNUSABLE",
  format_unknown: "UNUSABLE",
  record_altered: "ALTERED",
  record_leaf_mismatch: "ALTERED",
  record_kept_after_erasure: "ALTERED",
  erasure_items_mismatch: "ALTERED",
  root_mismatch: "ALTERED",
  inclusion_invalid: "ALTERED",
  checkpoint_inconsistent: "ALTERED",
  record_missing: "MISSING",
  erasure_not_justified: "MISSING",
  erasure_repeated: "MISSING",
  pending_invalid: "MISSING",
  size_mismatch: "MISSING",
  end_missing: "MISSING",
  evidence_expired: "EXPIRED",
};
