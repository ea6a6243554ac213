import { toHex } from "../../audit/bytes.ts";
import { leavesAt } from "../db/log-entries.ts";
import type { Deps } from "../decisions/deps.ts";
import type { SubjectKey } from "../privacy/subject-keys.ts";
import { openPayloads } from "../privacy/vault.ts";
import type { TaggedEntry } from "./entries.ts";
import { goneAmong } from "./gone.ts";

/** An entry of a person's with what lies in the vault behind it, and its leaf and proof. */
export interface OpenedEntry {
  /** Number of its tag under the key. */
  number: number;
  logIndex: number;
  leaf: Uint8Array;
  proof: Uint8Array[];
  /** With what opens the leaf's commitment to it; null once its retention ended. */
  opened: { payload: string; salt: Uint8Array } | null;
}

/** Entries opened at once: what a page of a copy holds in memory. */
const PAGE = 100;

/**
 * A key's entries, oldest first, page by page.
 * @param prove inclusion proofs in the tree that the entries are shown in
 * @throws Error when an entry was erased in this moment: what is built on this must not go out as complete
 */
export async function* openedEntries(
  { db }: Pick<Deps, "db">,
  key: SubjectKey,
  entries: readonly TaggedEntry[],
  prove: (logIndex: number) => Promise<Uint8Array[]>,
): AsyncGenerator<OpenedEntry[]> {
  for (let start = 0; start < entries.length; start += PAGE) {
    const page = entries.slice(start, start + PAGE);
    const payloads = await openPayloads(
      db,
      key,
      page.map(({ tag }) => tag),
    );
    const leaves = await leavesAt(
      db,
      page.map(({ logIndex }) => logIndex),
    );
    await goneAmong(db, page, payloads);
    const opened: OpenedEntry[] = [];
    for (const [i, { logIndex, tag }] of page.entries()) {
      const plaintext = payloads.get(toHex(tag));
      const leaf = leaves.get(logIndex);
      if (!leaf) throw new Error("An entry of the subject is not in the log");
      opened.push({
        number: start + i,
        logIndex,
        leaf,
        proof: await prove(logIndex),
        opened: plaintext
          ? { payload: new TextDecoder().decode(plaintext), salt: key.commitmentSalt(tag) }
          : null,
      });
    }
    yield opened;
  }
}
