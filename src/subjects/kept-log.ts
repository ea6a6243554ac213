import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { bytesEqual } from "../../audit/bytes.ts";
import { openCheckpoint, parseCheckpoint } from "../../audit/checkpoint.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { parseExportHeader } from "../../audit/export.ts";
import { LineSplitter, lineText } from "../../audit/lines.ts";
import { keysOfSigner, parseNote } from "../../audit/note.ts";
import type { Log } from "../db/log.ts";
import { LogBrokenError } from "../db/log.ts";

/** A signed note is a few hundred bytes; what is longer is an export, whose first line holds one. */
const NOTE_BYTES = 16_384;

async function firstLine(file: string): Promise<string | null> {
  const lines = new LineSplitter();
  for await (const chunk of createReadStream(file) as AsyncIterable<Uint8Array>) {
    for (const line of lines.push(chunk)) return lineText(line);
  }
  return null;
}

/** The signed note in a file: a checkpoint, or the head of an export. */
async function keptNote(file: string): Promise<string> {
  if ((await stat(file)).size <= NOTE_BYTES) {
    const text = await readFile(file, "utf8");
    if (!text.startsWith("{")) return text;
  }
  const line = await firstLine(file);
  if (line === null) throw new LogBrokenError("The copy of the log that was kept is empty");
  return parseExportHeader(line);
}

/**
 * Refuses a database whose log is older than what was kept of it elsewhere, or another one: it comes out of a backup, and
 * whoever was erased since is in it again. `motivo restore` brings it up to date.
 * @param file a checkpoint or an export of this log
 * @throws LogBrokenError
 */
export async function refuseOlderThan(log: Log, file: string): Promise<void> {
  const note = await keptNote(file);
  const kept = await openCheckpoint(nodeCrypto, note, keysOfSigner(log.context.signer));
  const { size } = await log.head();
  if (size < kept.size) {
    throw new LogBrokenError(
      `The database's log has ${size} entries, and ${kept.size} were kept: it was restored from a backup. ` +
        "Run motivo restore --log <export> first.",
    );
  }
  const here = parseCheckpoint(parseNote(await log.checkpointAt(kept.size)).text);
  if (!bytesEqual(here.root, kept.root)) {
    throw new LogBrokenError("The database's log is not the one that was kept elsewhere");
  }
}
