import { formatAccessEnd, formatAccessEntry, formatAccessHeader } from "../../../audit/access.ts";
import type { AccessHead, AccessPage, AccessWriter } from "./access-files.ts";
import { type CopySink, TextFile } from "./sink.ts";

/** `access-proof.ndjson` (`motivo-access-proof/v1`): what the verifier takes, to see whether something was left out. */
export class AccessProofFile implements AccessWriter {
  readonly #file: TextFile;
  #entries = 0;

  private constructor(file: TextFile) {
    this.#file = file;
  }

  static async open(sink: CopySink, { checkpoint, uses }: AccessHead): Promise<AccessProofFile> {
    const file = new TextFile(await sink.open("access-proof.ndjson", "application/x-ndjson"));
    const keys = uses.map(({ entries, key: { purpose, tagKey } }) => ({ entries, purpose, tagKey }));
    await file.write(formatAccessHeader(checkpoint, keys));
    return new AccessProofFile(file);
  }

  async page({ use, entries }: AccessPage): Promise<void> {
    for (const { number, logIndex, leaf, proof, opened } of entries)
      await this.#file.write(formatAccessEntry({ index: logIndex, leaf, proof, key: use, number, opened }));
    this.#entries += entries.length;
  }

  async endUse(): Promise<void> {}

  async end(): Promise<void> {
    await this.#file.write(formatAccessEnd(this.#entries));
    await this.#file.end();
  }
}
