import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { CopyFile } from "../sink.ts";
import type { Block, DocumentSettings } from "./tagged-document.ts";
import type { VolumeAnswer, VolumeJob } from "./volume-worker.ts";

/** A stripped build has the same tree in .js: a worker's file ends as this one does. */
const WORKER = new URL(`./volume-worker${extname(import.meta.url)}`, import.meta.url);
/**
 * What a volume needs at most is far less; without a bound a thread keeps several times of it before it looks for what it
 * could give back. One that wants more fails alone.
 */
const HEAP = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 8 };

/** Sets volumes in a thread of its own; while it sets some blocks the next ones can be worded. */
export class Volumes {
  readonly #worker = new Worker(WORKER, {
    name: "motivo-pdf",
    resourceLimits: HEAP,
  });
  #file: CopyFile | undefined;
  #last: Promise<void> = Promise.resolve();

  /** @throws Error when the thread has died */
  async begin(file: CopyFile, settings: DocumentSettings): Promise<void> {
    this.#file = file;
    await this.#ask({ kind: "begin", settings });
  }

  /** Resolves when these blocks were taken, not when they are set: those before them are. */
  async add(blocks: Block[]): Promise<void> {
    await this.#ask({ kind: "add", blocks });
  }

  async end(): Promise<void> {
    await this.#ask({ kind: "end" });
    await this.#last;
    await this.#file?.end();
    this.#file = undefined;
  }

  async close(): Promise<void> {
    // What it was still at belongs to a copy that is given up.
    this.#last.catch(() => {});
    await this.#worker.terminate();
  }

  async #ask(job: VolumeJob): Promise<void> {
    await this.#last;
    const file = this.#file;
    const gone = new AbortController();
    const answer = Promise.race([
      once(this.#worker, "message", { signal: gone.signal }),
      once(this.#worker, "exit", { signal: gone.signal }).then(() => {
        throw new Error("The thread that sets PDF has ended");
      }),
    ]).finally(() => gone.abort());
    this.#worker.postMessage(job);
    this.#last = answer.then(async ([message]) => {
      const { bytes } = message as VolumeAnswer;
      if (bytes.length > 0) await file?.write(bytes);
    });
    // Whoever asks next hears of a failure; until then it is nobody's unhandled one.
    this.#last.catch(() => {});
  }
}
