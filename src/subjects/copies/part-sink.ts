import { createHash } from "node:crypto";
import type { Database } from "../../db/client.ts";
import { copyPart } from "../../db/tables.ts";
import type { CopyKey } from "./copy-key.ts";
import type { CopyFile, CopySink } from "./sink.ts";

/** A file of a copy that is ready. */
export interface FileOfCopy {
  name: string;
  mediaType: string;
  bytes: number;
  /** SHA-256 in hex. */
  sha256: string;
  parts: number;
}

const PART = 256 * 1024;

/** Files of a copy as sealed parts in the database. What a crash leaves belongs to its attempt, and to no copy. */
export class PartSink implements CopySink {
  readonly #db: Database;
  readonly #key: CopyKey;
  readonly #copy: { id: string; attempt: number };
  readonly #files: (FileOfCopy | undefined)[] = [];

  constructor(db: Database, key: CopyKey, copy: { id: string; attempt: number }) {
    this.#db = db;
    this.#key = key;
    this.#copy = copy;
  }

  /** Every file, in the order in which they were opened. @throws Error when one was not ended */
  get files(): FileOfCopy[] {
    return this.#files.map((file) => {
      if (!file) throw new Error("A file of the copy was not ended");
      return file;
    });
  }

  async open(name: string, mediaType: string): Promise<CopyFile> {
    const { id, attempt } = this.#copy;
    const file = this.#files.push(undefined) - 1;
    const hash = createHash("sha256");
    let waiting: Uint8Array[] = [];
    let waitingBytes = 0;
    let bytes = 0;
    let parts = 0;
    const flush = async () => {
      const place = { attempt, file, part: parts++ };
      const gathered = Buffer.concat(waiting);
      waiting = [];
      waitingBytes = 0;
      await this.#db
        .insert(copyPart)
        .values({ copy: id, ...place, sealed: await this.#key.sealPart(gathered, place) });
    };
    return {
      write: async (given) => {
        hash.update(given);
        bytes += given.length;
        waiting.push(given);
        waitingBytes += given.length;
        if (waitingBytes >= PART) await flush();
      },
      end: async () => {
        if (waitingBytes > 0) await flush();
        this.#files[file] = { name, mediaType, bytes, sha256: hash.digest("hex"), parts };
      },
    };
  }
}
