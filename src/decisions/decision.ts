/** The shapes of a decision, as a client gets it, as the vault keeps it, and as an auditor reads it. */

import type { RecordedValue } from "../privacy/anonymise.ts";
import type { Explained } from "./scale.ts";
import type { Subject } from "./subject.ts";

export type { RecordedValue };

export type Language = "pt-BR" | "en";

/** A reason in plain language. */
export interface ReasonSaid {
  feature: string;
  /** Stable; the record keeps it instead of the text. */
  code: string;
  /** Toward the favourable outcome or against it. */
  direction: "for" | "against";
  /** Reasons whose intervals overlap share a rank. */
  rank: number;
  text: string;
}

/** What a client gets, but for the receipt, which is known only once the entry stands. */
export interface DecisionCore {
  /** UUID */
  id: string;
  model: string;
  version: number;
  outcome: string;
  /** The model's output for the explained class, or its value. */
  score: number;
  threshold: number | null;
  /** What the following members are drawn from; absent in decisions from before: the score. */
  explained?: Explained;
  /** Mean of the explained output over the background. */
  base: number;
  /** One a feature; their values and `base` sum to `explained.output`. */
  attributions: Record<string, { value: number; interval: [lower: number, upper: number] }>;
  method: string;
  /** 32 hex digits, from the decision's id and the model's digest. */
  seed: string;
  modelRows: number;
  language: Language;
  reasons: ReasonSaid[];
}

/** Proof that the decision is on the record. Hashes in base64, as in the log's own formats. */
export interface DecisionReceipt {
  logIndex: number;
  leafHash: string;
  inclusionProof: string[];
  /** The signed note (C2SP) that the proof leads to. */
  checkpoint: string;
}

export type DecisionAnswer = DecisionCore & { receipt: DecisionReceipt };

/** What the vault keeps, encrypted under the person's key. */
export interface VaultedDecision {
  kind: "decision";
  /** RFC 3339; the exact time is kept nowhere else. */
  at: string;
  client: string;
  subject: Subject;
  inputs: Record<string, string | number>;
  decision: DecisionCore;
}

/**
 * The anonymised record of a decision. Attributions and intervals in steps of `step`, none for dropped features:
 * theirs are together in `rest`, with what generalising and rounding made, so that base + attributions + rest =
 * explained.output.
 */
export interface DecisionRecord {
  kind: "decision";
  id: string;
  hour: number;
  model: string;
  version: number;
  client: string;
  outcome: string;
  /** Of base, attributions and rest. */
  step: number;
  /** Rounded to the contract's `scoreStep`. */
  score: number;
  threshold: number | null;
  /** What `score` comes to on the scale that base, attributions and rest are on; absent in records from before: `score`. */
  explained?: Explained;
  /** Of the row that `inputs` stand for, from which anybody can compute them; absent in records from before: of the decided row. */
  attributionsOf?: "recorded-row";
  base: number;
  inputs: Record<string, RecordedValue>;
  attributions: Record<string, { value: number; interval: [lower: number, upper: number] }>;
  rest: number;
  method: string;
  /** Rounds of sampling, 0 where the method is exact. */
  rounds: number;
  seed: string;
  reasons: string[];
  /** SHA-256 in hex, equal to the leaf's. */
  digests: { model: string; background: string; explainer: string; policy: string };
}

/** Where an entry's record stands. */
export type RecordState =
  /** `coarsenedBy`: the coarsening entry that put the record there; absent: it is as it was written. */
  | { state: "kept"; coarsenedBy?: number }
  /** Erased; `by` is the erasure entry that justifies it. */
  | { state: "erased"; by: number }
  /** Erased; the erasure entry of this interval is not written yet. */
  | { state: "erased-pending" };

/** A row of the auditor's list. */
export interface AuditedDecision {
  logIndex: number;
  hour: number;
  /** Of an erased one only what the leaf's digests name; null if no published version has them. */
  model: string | null;
  version: number | null;
  record: DecisionRecord | null;
  state: RecordState;
}
