import type { Json } from "../../audit/canonical.ts";
import type { Leaf } from "../../audit/leaf.ts";
import type { Signer } from "../../audit/note.ts";
import type { Problem } from "../errors.ts";
import type { ArrayParameters } from "./arrays.ts";

/** What a leaf says beside time, tag and commitments, which the append adds. */
export type LeafBody = Leaf extends infer L
  ? L extends Leaf
    ? Omit<L, "hour" | "tag" | "record" | "vault">
    : never
  : never;

/** A payload that was encrypted for one tag, and what the leaf says of it. */
export interface SealedPayload {
  tag: Uint8Array;
  owner: Uint8Array;
  ciphertext: Uint8Array;
  /** Hiding commitment to the plaintext. */
  commitment: Uint8Array;
}

/** Whose entry it is. Sealed for a number of a tag; where another entry took that number, sealed once more. */
export interface SubjectOfEntry {
  dataKey: string;
  /** The next free number when the key was read. Another entry may have taken it since. */
  entries: number;
  seal(tagNumber: number): SealedPayload;
}

export interface NewEntry {
  leaf: LeafBody;
  /** Hours since the Unix epoch. */
  hour: number;
  /** The anonymised record; the leaf commits to its canonical JSON. */
  body: { [member: string]: Json } & { kind: string; hour: number };
  columns: {
    id: string;
    model?: string;
    version?: number;
    outcome?: string;
    client?: string;
    about?: string;
  };
  /** Whose entry it is; absent for what concerns no one person. */
  subject?: SubjectOfEntry;
  idempotency?: { keyHmac: Uint8Array; requestHmac: Uint8Array; expiresAt: Date };
}

export interface Receipt {
  logIndex: number;
  leafHash: Uint8Array;
  inclusionProof: Uint8Array[];
  /** Size of the tree that the proof leads to. */
  size: number;
  checkpoint: string;
}

/** Why one entry of a batch was left out while the others went in. */
export type Refusal = { refused: "key-erased" | "idempotency-key-taken" | "decision-erased" };
export type Outcome = Receipt | Refusal;

/** Signs checkpoints under the log's own key, whose name is the origin. */
export interface LogSigner extends Signer {
  /** Name and public key as auditors keep it (C2SP vkey). */
  vkey: string;
  /** Why nothing is signed any more, after an alarm; else null. Whoever appends asks first. */
  halted?(): Problem | null;
}

export interface AppendContext {
  arrays: ArrayParameters;
  signer: LogSigner;
  now: () => Date;
  randomBytes: (length: number) => Uint8Array;
}
