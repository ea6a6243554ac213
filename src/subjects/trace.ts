import { canonicalize, type Json } from "../../audit/canonical.ts";
import { hourOf } from "../../audit/leaf.ts";
import type { NewEntry } from "../db/log-append.ts";
import type { Deps } from "../decisions/deps.ts";
import type { SubjectKey } from "../privacy/subject-keys.ts";
import { entryOf } from "../privacy/vault.ts";

/** What stands behind an entry whose payload was written after the backup that the database was restored from. */
export const LOST = { kind: "lost" } as const;

/** What lies in the vault behind an entry that is a person's own, beside decisions. */
export type VaultedEvent =
  | {
      kind: "access";
      at: string;
      /** `operator`: somebody who has the controller's keys at hand, on the command line. */
      role: "subject" | "operator";
      purpose: "own-access" | "own-request" | "access-by-hand";
      /** `copy`: a file of a copy was handed over. */
      what: "decisions" | "personal-data" | "copy";
      /** SHA-256 in hex of what was handed over; never on the record. */
      digest?: string;
    }
  | { kind: "refusal"; at: string; right: "erasure"; article: string }
  | typeof LOST
  /** `decision` was made again from corrected inputs: `by` stands in its place (LGPD 18 III, GDPR 16). */
  | { kind: "correction"; at: string; decision: string; by: string; features: string[] }
  /** A human looked again (LGPD 20, GDPR 22(3)). `outcome` is what stands now, null when the decision was annulled. */
  | {
      kind: "review";
      at: string;
      decision: string;
      result: "upheld" | "changed" | "annulled";
      outcome: string | null;
      grounds: string;
    };

/**
 * An entry under a person's key: its record says what happened, only the vault says when to the second.
 * @param recorded what the record says instead, where the event has words that only the vault may hold
 * @param about the decision that it is about: it goes with it
 */
export function eventEntry(
  deps: Deps,
  key: SubjectKey,
  event: Exclude<VaultedEvent, typeof LOST>,
  { recorded, about }: { recorded?: Record<string, Json>; about?: string } = {},
): NewEntry {
  const hour = hourOf(deps.now());
  const { at: _, ...told } = event;
  return {
    leaf: { kind: event.kind },
    hour,
    body: { ...(recorded ?? told), kind: event.kind, hour },
    columns: { id: deps.randomId(), ...(about === undefined ? {} : { about }) },
    subject: entryOf(deps.epoch, key, new TextEncoder().encode(canonicalize(event))),
  };
}
