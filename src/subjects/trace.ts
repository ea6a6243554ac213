import { canonicalize } from "../../audit/canonical.ts";
import { hourOf } from "../../audit/leaf.ts";
import type { NewEntry } from "../db/log-append.ts";
import type { Deps } from "../decisions/deps.ts";
import type { SubjectKey } from "../privacy/subject-keys.ts";
import { entryOf } from "../privacy/vault.ts";

/** What lies in the vault behind an entry that is a person's own, beside decisions. */
export type VaultedEvent =
  | {
      kind: "access";
      at: string;
      role: "subject";
      purpose: "own-access";
      what: "decisions" | "personal-data";
    }
  | { kind: "refusal"; at: string; right: "erasure"; article: string };

/** An entry under a person's key: its record says what happened, only the vault says when to the second. */
export function eventEntry(deps: Deps, key: SubjectKey, event: VaultedEvent): NewEntry {
  const hour = hourOf(deps.now());
  const { at: _, ...told } = event;
  return {
    leaf: { kind: event.kind },
    hour,
    body: { ...told, hour },
    columns: { id: deps.randomId() },
    subject: entryOf(deps.epoch, key, new TextEncoder().encode(canonicalize(event))),
  };
}
