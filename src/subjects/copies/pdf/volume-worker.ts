/**
 * A thread that sets PDF volumes, one after the other: setting is work for the processor, and the event loop has decisions
 * to answer. One message in, one message out.
 */
import { parentPort } from "node:worker_threads";
import { type Block, type DocumentSettings, TaggedDocument } from "./tagged-document.ts";

export type VolumeJob =
  | { kind: "begin"; settings: DocumentSettings }
  | { kind: "add"; blocks: Block[] }
  | { kind: "end" };
/** `bytes`: what came of the volume since the last answer. */
export type VolumeAnswer = { bytes: Uint8Array<ArrayBuffer> };

let document: TaggedDocument | undefined;
let written: Uint8Array[] = [];

async function work(job: VolumeJob): Promise<void> {
  if (job.kind === "begin")
    document = new TaggedDocument(job.settings, (bytes) => {
      written.push(bytes);
    });
  else if (job.kind === "add") for (const block of job.blocks) document?.add(block);
  else {
    await document?.end();
    document = undefined;
  }
  // pdfkit is a stream that flows in its own time: what it has pushed so far is out by the next turn.
  await new Promise((resolve) => setImmediate(resolve));
}

parentPort?.on("message", (job: VolumeJob) => {
  void work(job).then(() => {
    const bytes = new Uint8Array(Buffer.concat(written));
    written = [];
    parentPort?.postMessage({ bytes } satisfies VolumeAnswer, [bytes.buffer]);
  });
});
