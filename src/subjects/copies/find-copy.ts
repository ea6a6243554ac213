import { and, eq } from "drizzle-orm";
import { copy, copyPart } from "../../db/tables.ts";
import type { Deps } from "../../decisions/deps.ts";
import { Problem } from "../../errors.ts";
import { needRight, type Representation } from "../mandates/act-under.ts";
import { eventEntry } from "../trace.ts";
import { COPY_KINDS, COPY_RIGHT, type CopyKind } from "./asked.ts";
import { openCopy, rowsOf, type ToldCopy, toldCopy } from "./copy.ts";

/** A mandate, as far as copies go: one of each kind is that kind's right. */
type Reach = Pick<Representation, "rights"> | undefined;

/**
 * A person's copies, newest first: those that are being made, and those that lie ready.
 * @param reach a representative's, who has those alone of whose right the mandate is
 * @throws Problem mandate_out_of_scope
 */
export async function copiesFor(deps: Deps, subject: string, reach: Reach): Promise<ToldCopy[]> {
  // A mandate that names neither kind sees none of them, not an empty list.
  if (reach && !COPY_KINDS.some((kind) => reach.rights.has(COPY_RIGHT[kind])))
    needRight(reach, COPY_RIGHT.access, {});
  const told: ToldCopy[] = [];
  for (const row of await rowsOf(deps, subject)) {
    const opened = await openCopy(deps, row);
    if (opened) told.push(toldCopy(row, opened.description));
  }
  return told.filter(({ kind }) => reach?.rights.has(COPY_RIGHT[kind]) ?? true);
}

async function ownCopy(deps: Deps, subject: string, id: string, reach?: Reach) {
  const row = (await rowsOf(deps, subject)).find((each) => each.id === id);
  const opened = row ? await openCopy(deps, row) : null;
  if (!row || !opened) throw new Problem("unknown_copy");
  if (reach) needRight(reach, COPY_RIGHT[row.kind as CopyKind], {});
  return { row, opened };
}

/** @throws Problem unknown_copy, also for somebody else's and for one that has expired; mandate_out_of_scope */
export async function findCopy(deps: Deps, subject: string, id: string, reach?: Reach): Promise<ToldCopy> {
  const { row, opened } = await ownCopy(deps, subject, id, reach);
  return toldCopy(row, opened.description);
}

/** Takes a copy away before its day. @throws Problem unknown_copy */
export async function deleteCopy(deps: Deps, subject: string, id: string): Promise<void> {
  const { row } = await ownCopy(deps, subject, id);
  await deps.db.delete(copy).where(eq(copy.id, row.id));
}

export interface HandedFile {
  name: string;
  mediaType: string;
  bytes: number;
  /** The file, in order. Throws where a part is not what was sealed: what came before it is not the file. */
  parts(): AsyncGenerator<Uint8Array>;
}

/**
 * Hands a file of a copy to its person. That it was handed over, and its digest, is on the record first, under each of
 * their keys.
 * @throws Problem unknown_copy, copy_not_ready, mandate_out_of_scope
 */
export async function handOver(
  deps: Deps,
  subject: string,
  id: string,
  name: string,
  reach?: Reach,
): Promise<HandedFile> {
  const { row, opened } = await ownCopy(deps, subject, id, reach);
  if (row.state !== "ready") {
    const retry = row.state === "making" ? { retryAfterSeconds: 2 } : {};
    throw new Problem("copy_not_ready", undefined, retry);
  }
  const place = opened.description.files.findIndex((file) => file.name === name);
  const file = opened.description.files[place];
  if (!file) throw new Problem("unknown_copy", "The copy has no file of this name");
  const at = deps.now().toISOString();
  const told = { role: "subject", purpose: "own-access", what: "copy" } as const;
  for (const key of opened.keys) {
    const entry = eventEntry(
      deps,
      key,
      { kind: "access", at, ...told, digest: file.sha256 },
      { recorded: { ...told } },
    );
    const outcome = await deps.log.append(entry);
    if ("refused" in outcome) throw new Problem("unknown_copy");
  }
  const { attempt } = row;
  return {
    name,
    mediaType: file.mediaType,
    bytes: file.bytes,
    async *parts() {
      for (let part = 0; part < file.parts; part++) {
        const here = { attempt, file: place, part };
        const [stored] = await deps.db
          .select({ sealed: copyPart.sealed })
          .from(copyPart)
          .where(
            and(
              eq(copyPart.copy, id),
              eq(copyPart.attempt, attempt),
              eq(copyPart.file, place),
              eq(copyPart.part, part),
            ),
          );
        // Erased, or taken away, while it was being handed over.
        if (!stored) throw new Problem("unknown_copy");
        yield await opened.key.openPart(stored.sealed, here);
      }
    },
  };
}
