import { parseDecimal, toBase64 } from "../../audit/bytes.ts";
import { openCosignature } from "../../audit/cosignature.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { formatNote, type NoteSignature, parseNote } from "../../audit/note.ts";
import type { Witness } from "../../audit/policy.ts";
import { LogAlarm } from "./alarm.ts";
import { type Answer, boundedFetch } from "./bounded-fetch.ts";

/** C2SP tlog-witness asks logs to keep requests below it, and nothing that a witness says is longer either. */
const MAX_BYTES = 10 * 1024;
/** Rounds of "you are elsewhere" before we come back later: two suffice where nobody else submits. */
const ROUNDS = 3;

/** A head of the log and what proves that it grew. */
export interface Submission {
  size: number;
  /** Our own signed note. */
  checkpoint: string;
  consistencyProof(from: number, to: number): Promise<Uint8Array[]>;
  /** The log's size by now: other replicas may have gone on since `size` was read. */
  currentSize(): Promise<number>;
}

/** `cosigned`: the line that verified; else a code for operators, and nothing has changed. */
export type WitnessAnswer =
  | { cosigned: NoteSignature; size: number }
  | {
      cosigned: null;
      code:
        | "witness_unreachable"
        | "witness_unavailable"
        | "witness_refuses"
        | "witness_answer_unusable"
        | "witness_busy";
      /** The size that the witness says it knows, where it says so. */
      knownSize?: number;
    };

/**
 * Asks one witness for its cosignature (C2SP tlog-witness add-checkpoint).
 * @param knownSize the size that it cosigned last, as far as we know; 0 to begin with
 * @throws LogAlarm when it knows more of the log than we have, or another history
 * @throws NoAnswerError never: that is `witness_unreachable`
 */
export async function askWitness(
  witness: Witness & { url: string },
  knownSize: number,
  submission: Submission,
): Promise<WitnessAnswer> {
  let old = Math.min(knownSize, submission.size);
  for (let round = 0; round < ROUNDS; round++) {
    const answer = await submit(witness, old, submission);
    if (!answer) return { cosigned: null, code: "witness_unreachable" };
    const { status, contentType, body } = answer;
    if (status === 200) return cosignedBy(witness, submission, body);
    if (status === 422) {
      throw new LogAlarm(
        "log_forked",
        `Witness ${witness.name} holds another tree than the one that grew from ${old} to ${submission.size} here`,
      );
    }
    if (status !== 409) {
      const refuses = status === 403 || status === 404 || status === 400;
      return { cosigned: null, code: refuses ? "witness_refuses" : "witness_unavailable" };
    }
    const known = contentType.split(";", 1)[0]!.trim() === "text/x.tlog.size" ? sizeIn(body) : null;
    if (known === null) {
      // A witness that answers 409 to equal sizes without naming one has another root for it.
      if (old === submission.size) throw conflict(witness, old);
      return { cosigned: null, code: "witness_answer_unusable" };
    }
    if (known > submission.size) {
      if (known > (await submission.currentSize())) {
        throw new LogAlarm(
          "log_behind",
          `Witness ${witness.name} has seen ${known} entries; this log has ${submission.size}`,
        );
      }
      // Another replica was faster with a larger tree.
      return { cosigned: null, code: "witness_busy", knownSize: known };
    }
    if (known === old) {
      if (old === submission.size) throw conflict(witness, old);
      return { cosigned: null, code: "witness_answer_unusable" };
    }
    old = known;
  }
  return { cosigned: null, code: "witness_busy", knownSize: old };
}

const conflict = ({ name }: Witness, size: number) =>
  new LogAlarm("log_forked", `Witness ${name} has cosigned another root for size ${size}`);

async function submit(
  { url }: { url: string },
  old: number,
  { size, checkpoint, consistencyProof }: Submission,
): Promise<Answer | null> {
  const proof = old === size ? [] : await consistencyProof(old, size);
  const body = [`old ${old}`, ...proof.map(toBase64), "", checkpoint].join("\n");
  if (Buffer.byteLength(body) > MAX_BYTES)
    throw new Error("A checkpoint and its proof are too long for a witness");
  const headers = { "content-type": "text/plain; charset=utf-8" };
  const address = `${url.replace(/\/$/, "")}/add-checkpoint`;
  return boundedFetch(address, { method: "POST", body, headers }, MAX_BYTES).catch(() => null);
}

function sizeIn(body: Uint8Array): number | null {
  const text = Buffer.from(body).toString("latin1");
  return text.endsWith("\n") ? parseDecimal(text.slice(0, -1)) : null;
}

/** Keeps the one line that this witness's key verifies, and nothing else of what was sent. */
async function cosignedBy(
  witness: Witness,
  { size, checkpoint }: Submission,
  body: Uint8Array,
): Promise<WitnessAnswer> {
  const { text } = parseNote(checkpoint);
  let lines: NoteSignature[];
  try {
    lines = parseNote(`${text}\n${new TextDecoder("utf-8", { fatal: true }).decode(body)}`).signatures;
  } catch {
    return { cosigned: null, code: "witness_answer_unusable" };
  }
  for (const line of lines) {
    if (await openCosignature(nodeCrypto, text, line, [witness.key])) return { cosigned: line, size };
  }
  return { cosigned: null, code: "witness_answer_unusable" };
}

/** A note with further lines below its own. */
export function withLines(note: string, lines: readonly NoteSignature[]): string {
  const parsed = parseNote(note);
  return formatNote({ ...parsed, signatures: [...parsed.signatures, ...lines] });
}
