import { formatAccessEnd, formatAccessEntry, formatAccessHeader } from "../../audit/access.ts";
import { proverAt } from "../db/log-prover.ts";
import type { Deps } from "../decisions/deps.ts";
import { keysOf, type SubjectKey } from "../privacy/subject-keys.ts";
import { entriesOf, type TaggedEntry } from "./entries.ts";
import { openedEntries } from "./opened-entries.ts";
import { traceReading } from "./trace-reading.ts";

/**
 * Everything held about a person as they can check it offline (`motivo-access-proof/v1`), line by line. The reading is on the
 * record first, under each key, and so among the entries shown.
 */
export async function* accessProof(deps: Deps, subjectId: string): AsyncGenerator<string> {
  await traceReading(deps, subjectId, { role: "subject", purpose: "own-access" });
  // The head before the keys: what came after it is left out, and with it the last numbers alone, since numbers rise with
  // the log. The other way round an entry that came in between would look like one that was kept back.
  const { size, checkpoint } = await deps.attested((await deps.log.head()).size);
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
  const prove = proverAt(deps.db, size);
  for (const [place, { key, entries }] of held.entries()) {
    // Erased in this moment: it throws, and the document ends without its last line, which the verifier says.
    for await (const page of openedEntries(deps, key, entries, prove)) {
      for (const { number, logIndex, leaf, proof, opened } of page)
        yield formatAccessEntry({ index: logIndex, leaf, proof, key: place, number, opened });
      count += page.length;
    }
  }
  yield formatAccessEnd(count);
}
