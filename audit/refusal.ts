/** Why something is not accepted, as a stable code; `FORMAT.md` says each in a sentence. */
export type Code =
  // Not usable: nothing was checked
  | "arguments_invalid"
  | "file_unreadable"
  | "key_invalid"
  | "kept_checkpoint_invalid"
  | "kept_checkpoint_needed"
  | "policy_invalid"
  | "receipt_invalid"
  | "checkpoint_not_comparable"
  | "format_unknown"
  // The bytes
  | "line_too_long"
  | "line_unterminated"
  | "utf8_invalid"
  | "json_invalid"
  | "json_too_deep"
  | "line_not_canonical"
  | "field_missing"
  | "field_unknown"
  | "field_invalid"
  | "base64_invalid"
  | "leaf_invalid"
  | "tile_invalid"
  | "proof_format_invalid"
  // The signed root
  | "note_invalid"
  | "checkpoint_invalid"
  | "origin_mismatch"
  | "signature_missing"
  | "signature_invalid"
  | "quorum_missing"
  | "key_change_invalid"
  | "root_mismatch"
  | "size_mismatch"
  | "checkpoint_older"
  | "checkpoint_inconsistent"
  | "inclusion_invalid"
  // The entries
  | "index_unexpected"
  | "record_altered"
  | "record_leaf_mismatch"
  | "record_missing"
  | "record_kept_after_erasure"
  | "erasure_not_justified"
  | "erasure_repeated"
  | "erasure_items_mismatch"
  | "coarsening_not_justified"
  | "coarsening_items_mismatch"
  | "record_kept_after_coarsening"
  | "pending_invalid"
  | "lines_after_end"
  | "end_missing"
  // One decision's evidence
  | "entry_not_decision"
  | "issue_invalid"
  | "evidence_expired"
  // One person's access answer and erasure certificate
  | "tag_mismatch"
  | "payload_altered"
  | "access_incomplete"
  | "destruction_invalid";

/** A coded no. `entry` is the index of the first wrong entry and `line` its line (from 1), where there is one. */
export class Refusal extends Error {
  readonly code: Code;
  entry: number | null;
  line: number | null = null;

  constructor(code: Code, entry: number | null = null) {
    super(code);
    this.name = "Refusal";
    this.code = code;
    this.entry = entry;
  }
}

/** Names the entry in refusals by code that does not know where it stands. */
export function atEntry<T>(index: number, step: () => T): T {
  try {
    return step();
  } catch (cause) {
    if (cause instanceof Refusal) cause.entry ??= index;
    throw cause;
  }
}
