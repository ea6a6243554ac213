import { formatAccessEnd, formatAccessEntry, formatAccessHeader } from "../../audit/access.ts";
import { toHex } from "../../audit/bytes.ts";
import type { Deps } from "../decisions/deps.ts";
import { keysOf, type SubjectKey } from "../privacy/subject-keys.ts";
import { openPayloads } from "../privacy/vault.ts";
import { entriesOf, type TaggedEntry } from "./entries.ts";
import { eventEntry } from "./trace.ts";

/** Entries whose payloads are opened at once. */
const PAGE = 500;

/**
 * Everything held about a person as they can check it offline (`motivo-access-proof/v1`), line by line. The reading is on the
 * record first, under each key, and so among the entries shown.
 */
export async function* accessProof(deps: Deps, subjectId: string): AsyncGenerator<string> {
  const at = deps.now().toISOString();
  for (const key of await keysOf(deps.db, deps.epoch, subjectId)) {
    const reading = {
      kind: "access",
      at,
      role: "subject",
      purpose: "own-access",
      what: "personal-data",
    } as const;
    await deps.log.append(eventEntry(deps, key, reading));
  }
  // The head before the keys: what came after it is left out, and with it the last numbers alone, since numbers rise with
  // the log. The other way round an entry that came in between would look like one that was kept back.
  const { size, checkpoint } = await deps.log.head();
  const held: { key: SubjectKey; entries: TaggedEntry[] }[] = [];
  for (const key of await keysOf(deps.db, deps.epoch, subjectId)) {
    const entries = (await entriesOf(deps.db, key)).filter(({ logIndex }) => logIndex < size);
    held.push({ key, entries });
  }
  yield formatAccessHeader(
    checkpoint,
    held.map(({ key: { purpose, tagKey }, entries }) => ({ entries: entries.length, purpose, tagKey })),
  );
  let count = 0;
  for (const [place, { key, entries }] of held.entries()) {
    for (let start = 0; start < entries.length; start += PAGE) {
      const page = entries.slice(start, start + PAGE);
      const payloads = await openPayloads(
        deps.db,
        key,
        page.map(({ tag }) => tag),
      );
      for (const [i, { logIndex, tag }] of page.entries()) {
        const plaintext = payloads.get(toHex(tag));
        // Erased in this moment: the document ends without its last line, which the verifier says.
        if (!plaintext) throw new Error("An entry of the subject has no payload");
        const { leaf } = await deps.log.leaf(logIndex);
        yield formatAccessEntry({
          index: logIndex,
          leaf,
          proof: await deps.log.inclusionProof(logIndex, size),
          key: place,
          number: start + i,
          payload: new TextDecoder().decode(plaintext),
          salt: key.commitmentSalt(tag),
        });
        count += 1;
      }
    }
  }
  yield formatAccessEnd(count);
}
