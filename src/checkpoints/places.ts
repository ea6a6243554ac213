import { mkdir, open, readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { bytesEqual } from "../../audit/bytes.ts";
import { type Checkpoint, openCheckpoint } from "../../audit/checkpoint.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import type { LogKeys } from "../../audit/note.ts";
import { syncFolder } from "../privacy/key-folder.ts";
import { LogAlarm } from "./alarm.ts";
import { boundedFetch } from "./bounded-fetch.ts";

/** Where checkpoints go beyond the operator's hands: what lies there is not changed by whoever holds database and keys. */
export interface Place {
  /** As it was configured, without credentials. */
  name: string;
  /**
   * Puts a checkpoint there, durably. One that is there already is left as it is.
   * @throws LogAlarm when another root lies there for that size, or a larger tree than ours
   */
  put(checkpoint: Checkpoint, note: string, keys: LogKeys): Promise<void>;
}

const MAX_NOTE_BYTES = 64 * 1024;
/** Sizes have at most 16 digits: so the files stand in order. */
const fileName = (size: number) => `${String(size).padStart(16, "0")}.checkpoint`;

/** @param setting folders and http(s) addresses, separated by commas */
export function placesOf(setting: string): Place[] {
  return setting
    .split(",")
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .map((text) => (/^https?:\/\//i.test(text) ? httpPlace(text) : folderPlace(text)));
}

/** A folder, best on a file system that lets this account add files and change none. */
export function folderPlace(folder: string): Place {
  return {
    name: folder,
    async put(checkpoint, note, keys) {
      await mkdir(folder, { recursive: true });
      const path = join(folder, fileName(checkpoint.size));
      const kept = await readFile(path, "utf8").catch(absent);
      if (kept !== null) await sameRoot(folder, checkpoint, kept, keys);
      else {
        await notBehind(folder, checkpoint);
        // A crash leaves the temporary file, which no reader takes for a checkpoint.
        const temporary = join(folder, `.${process.pid}-${checkpoint.size}`);
        const file = await open(temporary, "w", 0o644);
        try {
          await file.writeFile(note);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(temporary, path);
        await syncFolder(folder);
      }
    },
  };
}

async function notBehind(folder: string, { size }: Checkpoint): Promise<void> {
  const last = (await readdir(folder))
    .filter((name) => /^[0-9]{16}\.checkpoint$/.test(name))
    .sort()
    .at(-1);
  if (last !== undefined && Number(last.slice(0, 16)) > size) {
    throw new LogAlarm(
      "log_behind",
      `${folder} holds a checkpoint of ${Number(last.slice(0, 16))} entries; this log has ${size}`,
    );
  }
}

async function sameRoot(place: string, checkpoint: Checkpoint, kept: string, keys: LogKeys): Promise<void> {
  const there = await openCheckpoint(nodeCrypto, kept, keys).catch(() => null);
  // What this log did not sign says nothing about it: somebody put it there.
  if (!there) throw new Error("what lies there is no checkpoint of this log");
  if (there.size !== checkpoint.size || !bytesEqual(there.root, checkpoint.root)) {
    throw new LogAlarm("log_forked", `${place} holds another checkpoint for size ${checkpoint.size}`);
  }
}

/**
 * An address below which checkpoints are put: `PUT <url>/<size>.checkpoint`, `If-None-Match: *`. 2xx means it is there, 412
 * that one is there already, which is then read back and compared.
 */
export function httpPlace(url: string): Place {
  const address = new URL(url);
  const name = `${address.origin}${address.pathname}`;
  return {
    name,
    async put(checkpoint, note, keys) {
      const target = new URL(address);
      target.pathname = `${address.pathname.replace(/\/$/, "")}/${fileName(checkpoint.size)}`;
      const headers: Record<string, string> = {
        "content-type": "text/plain; charset=utf-8",
        "if-none-match": "*",
      };
      if (target.username !== "") {
        const credentials = `${decodeURIComponent(target.username)}:${decodeURIComponent(target.password)}`;
        headers.authorization = `Basic ${Buffer.from(credentials).toString("base64")}`;
        target.username = "";
        target.password = "";
      }
      const { status } = await boundedFetch(
        target.href,
        { method: "PUT", body: note, headers },
        MAX_NOTE_BYTES,
      );
      if (status >= 200 && status < 300) return;
      if (status !== 412) throw new Error(`the place answered ${status}`);
      const { authorization } = headers;
      const kept = await boundedFetch(
        target.href,
        { method: "GET", ...(authorization && { headers: { authorization } }) },
        MAX_NOTE_BYTES,
      );
      if (kept.status !== 200) throw new Error(`the place answered ${kept.status}`);
      await sameRoot(name, checkpoint, Buffer.from(kept.body).toString("utf8"), keys);
    },
  };
}

function absent(error: NodeJS.ErrnoException): null {
  if (error.code === "ENOENT") return null;
  throw error;
}
