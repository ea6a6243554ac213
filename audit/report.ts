import type { Code } from "./refusal.ts";
import type { Verdict } from "./verify.ts";

/** The verdict in plain sentences, for people. Programs read the codes. */
export function describe(verdict: Verdict): string {
  const { ok, states, pending, checkpoint } = verdict;
  const sentences = ok ? accepted(verdict) : refused(verdict);
  if (pending.length > 0) {
    sentences.push(
      `Pending: entry ${pending.join(", ")}${states.PENDING > pending.length ? ", …" : ""}. ` +
        "Ask again after a day: by then each is justified.",
    );
  }
  for (const { entry, vkey, until } of verdict.keyChanges) {
    sentences.push(`By entry ${entry} the log's key becomes ${vkey}; both sign until the end of ${until}.`);
  }
  if (verdict.witnesses.length > 0) sentences.push(`Cosigned by ${verdict.witnesses.join(", ")}.`);
  if (checkpoint) {
    sentences.push(`Checkpoint: ${checkpoint.origin}, size ${checkpoint.size}, root ${checkpoint.root}.`);
  }
  return `${sentences.join("\n")}\n`;
}

function refused({ state, code, entry, line }: Verdict): string[] {
  const verdict =
    state === "UNUSABLE" ? "NOT CHECKED." : `REFUSED${state === "REFUSED" ? "" : `: ${state}`}.`;
  const place =
    entry !== null
      ? [`First wrong entry: ${entry}${line === null ? "" : ` (line ${line})`}.`]
      : line !== null
        ? [`At line ${line}.`]
        : [];
  return [verdict, `${REASONS[code!]} (${code})`, ...place];
}

function accepted({ state, format, entries, entry, states, complete, stages }: Verdict): string[] {
  switch (format) {
    case "export":
      return [
        "VERIFIED. The signature, the root over all entries, and every record that is kept were checked.",
        `${entries} entries: ${states.VERIFIED} verified, ${replaced(states)}${states.ERASED} erased and justified by an erasure entry, ` +
          `${states.PENDING} erased with the erasure entry still to come.`,
      ];
    case "consistency":
      return ["VERIFIED. The log still begins with everything that it held at the checkpoint that you kept."];
    case "key-change":
      return [
        "VERIFIED. The key that you trust signed for the log's next key, and the log holds that entry.",
      ];
    case "access":
      return [
        `VERIFIED. ${entries} entries carry this person's tags, and what is shown of each is what was logged.`,
        ...(states.PENDING > 0
          ? [
              `${states.PENDING} of them are said to hold nothing any more: the export of the log justifies each.`,
            ]
          : []),
        complete
          ? "COMPLETE. No other entry of the log up to this checkpoint carries one of their tags."
          : "Whether one was left out is not known: give --leaves, or every --receipt that you have.",
      ];
    case "erasure":
      return [
        `${state}. ${states.ERASED} of ${entries} entries stand in an erasure entry of the log.`,
        `Access ended: ${hourText(stages!.accessEnded)}. No copy opens: ${hourText(stages!.noCopyOpens)}.`,
      ];
    default:
      return [
        `${state}. The signature, the proofs, and the entry that issued this bundle were checked.`,
        state === "VERIFIED"
          ? `The record of entry ${entry} is the one that was logged.`
          : state === "COARSENED"
            ? `The record of entry ${entry} is the coarser one that a later entry of the log put there.`
            : state === "ERASED"
              ? `The record of entry ${entry} was erased, as the log says.`
              : `The record of entry ${entry} is said to be erased.`,
      ];
  }
}

const replaced = ({ COARSENED }: Verdict["states"]): string =>
  COARSENED === 0 ? "" : `${COARSENED} replaced by a coarser record as a coarsening entry says, `;

const hourText = (hour: number | null): string =>
  hour === null ? "not yet" : `by ${new Date((hour + 1) * 3_600_000).toISOString().slice(0, 16)}Z`;

export const REASONS: { [code in Code]: string } = {
  arguments_invalid: "The command line is not understood.",
  file_unreadable: "A file cannot be read.",
  key_invalid: "The key is no Ed25519 verifier key, nor a file that holds one.",
  kept_checkpoint_invalid: "The kept checkpoint is not one that this key signed.",
  kept_checkpoint_needed:
    "A consistency proof begins at a checkpoint that you kept; give it with --checkpoint.",
  policy_invalid: "The policy is not one that can be read.",
  receipt_invalid: "A receipt is none of this log's.",
  checkpoint_not_comparable:
    "The document's checkpoint has another size than the one to compare with, and it cannot prove more.",
  format_unknown: "The file is none of the documents that this verifier knows.",
  line_too_long: "A line is longer than any that the format allows.",
  line_unterminated: "The file stops inside a line.",
  utf8_invalid: "A line is not UTF-8.",
  json_invalid: "A line is not JSON.",
  json_too_deep: "A line is nested too deeply.",
  line_not_canonical: "A line is not in canonical form.",
  field_missing: "A field is missing.",
  field_unknown: "There is a field that does not belong there.",
  field_invalid: "A field does not have the form that it must have.",
  base64_invalid: "A field is not strict base64 of the right length.",
  leaf_invalid: "A leaf's bytes are not of a known form.",
  tile_invalid: "A tile does not hold what is asked of it.",
  proof_format_invalid: "The text is not a tlog-proof.",
  note_invalid: "The checkpoint is not a signed note.",
  checkpoint_invalid: "The signed note is not a checkpoint.",
  origin_mismatch: "The checkpoint is another log's.",
  signature_missing: "The checkpoint bears no signature by this key.",
  signature_invalid: "The checkpoint's signature by this key is wrong.",
  quorum_missing: "Too few of the policy's witnesses cosigned the checkpoint.",
  key_change_invalid: "A change of the log's key is not one that the key before it signed.",
  root_mismatch: "The entries do not give the signed root: at least one leaf was changed.",
  size_mismatch: "There are more or fewer entries than were signed for.",
  checkpoint_older: "The export is older than the kept checkpoint.",
  checkpoint_inconsistent: "The log is not the one that the kept checkpoint was taken from.",
  inclusion_invalid: "An entry's inclusion proof does not lead to the signed root.",
  index_unexpected: "An entry stands where another belongs.",
  record_altered: "A record is not the one that was committed to.",
  record_leaf_mismatch: "A record says something else than its leaf.",
  record_missing: "A record is missing, and nothing says why.",
  record_kept_after_erasure: "An entry that was erased still carries a record.",
  erasure_not_justified: "A record is missing, and the erasure entry that it names does not cover it.",
  erasure_repeated: "An entry is listed as erased twice.",
  erasure_items_mismatch: "The items of an erasure entry are not those that were committed to.",
  coarsening_not_justified:
    "A record is another than was logged, and the coarsening entry that it names does not list it.",
  coarsening_items_mismatch: "The items of a coarsening entry are not those that were committed to.",
  record_kept_after_coarsening: "An entry still carries a record that was replaced by a coarser one.",
  pending_invalid: "A record is missing, and cannot be waiting for its erasure entry any more.",
  lines_after_end: "There are lines after the end.",
  end_missing: "The export stops before its end.",
  entry_not_decision: "The bundle is not about a decision.",
  issue_invalid: "The entry that should have issued this bundle did not.",
  evidence_expired: "The bundle has passed the day until which it may be used.",
  tag_mismatch: "An entry does not carry the tag that the person's key gives.",
  payload_altered: "What is said to be held is not what was committed to.",
  access_incomplete: "The answer leaves out an entry of this person's.",
  destruction_invalid: "The entry that should say that the key was destroyed does not.",
};
