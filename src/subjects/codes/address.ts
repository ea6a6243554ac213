import { toHex } from "../../../audit/bytes.ts";
import type { VaultedDecision } from "../../decisions/decision.ts";
import type { Deps } from "../../decisions/deps.ts";
import type { Subject } from "../../decisions/subject.ts";
import { keysOf, type SubjectKey } from "../../privacy/subject-keys.ts";
import { openPayloads } from "../../privacy/vault.ts";
import { entriesBetween } from "../entries.ts";
import { eventEntry, type VaultedEvent } from "../trace.ts";

const CHUNK = 50;

async function newestUnder(
  deps: Deps,
  key: SubjectKey,
  read: (subject: Subject) => string | null,
): Promise<{ at: string; address: string } | null> {
  for (let to = key.entries; to > 0; to -= CHUNK) {
    const entries = await entriesBetween(deps.db, key.tagKey, Math.max(0, to - CHUNK), to);
    const tags = entries.map(({ tag }) => tag);
    const payloads = await openPayloads(deps.db, key, tags);
    for (const tag of tags.toReversed()) {
      const plaintext = payloads.get(toHex(tag));
      if (!plaintext) continue;
      const vaulted = JSON.parse(new TextDecoder().decode(plaintext)) as VaultedDecision | VaultedEvent;
      const address = vaulted.kind === "decision" ? read(vaulted.subject) : null;
      if (vaulted.kind === "decision" && address !== null) return { at: vaulted.at, address };
    }
  }
  return null;
}

/**
 * Where a person is reached, by the newest decision about them that says so. The reading is on the record under the key
 * that it was read with.
 * @param read the address that a decision's subject has
 * @returns null when no decision names one
 */
export async function addressOnFile(
  deps: Deps,
  subjectId: string,
  read: (subject: Subject) => string | null,
): Promise<string | null> {
  const keys = await keysOf(deps.db, deps.epoch, subjectId);
  const found = await Promise.all(
    keys.map(async (key) => {
      const newest = await newestUnder(deps, key, read);
      return newest ? [{ key, ...newest }] : [];
    }),
  );
  const [newest] = found.flat().toSorted((a, b) => b.at.localeCompare(a.at));
  if (!newest) return null;
  const at = deps.now().toISOString();
  const reading = {
    kind: "access",
    at,
    role: "subject",
    purpose: "own-request",
    what: "personal-data",
  } as const;
  const outcome = await deps.log.append(eventEntry(deps, newest.key, reading));
  // Erased in this moment: there is nobody left to write to.
  return "refused" in outcome ? null : newest.address;
}
