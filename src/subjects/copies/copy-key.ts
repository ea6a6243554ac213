import { hkdfSync } from "node:crypto";
import { promisify } from "node:util";
import { deflateRaw, inflateRaw } from "node:zlib";
import { seal, unseal } from "../../privacy/sealing.ts";
import type { SubjectKey } from "../../privacy/subject-keys.ts";

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

/** Where a sealed part belongs: it opens there and nowhere else. */
export interface PartPlace {
  attempt: number;
  file: number;
  part: number;
}

/**
 * The key of one copy: made of all the data keys whose data it holds, and kept nowhere. Without any one of them there is
 * no such key, so that an erasure of one purpose ends every copy that this purpose is in.
 */
export class CopyKey {
  readonly #id: string;
  readonly #key: Uint8Array;

  private constructor(id: string, key: Uint8Array) {
    this.#id = id;
    this.#key = key;
  }

  static of(id: string, keys: readonly SubjectKey[]): CopyKey {
    const sorted = [...keys].sort((a, b) => (a.id < b.id ? -1 : 1));
    const all = Buffer.concat(sorted.map(({ vaultKey }) => vaultKey));
    return new CopyKey(id, new Uint8Array(hkdfSync("sha256", all, id, "motivo/copy/v1", 32)));
  }

  sealDescription(description: object): Uint8Array {
    return seal(
      this.#key,
      new TextEncoder().encode(JSON.stringify(description)),
      this.#context("description"),
    );
  }

  /** @throws SealError */
  openDescription<T>(sealed: Uint8Array): T {
    const plaintext = unseal(this.#key, sealed, this.#context("description"));
    return JSON.parse(new TextDecoder().decode(plaintext)) as T;
  }

  /**
   * Compressed first: nobody who chooses what is in it sees how long it becomes. As quickly as may be, since most of a copy
   * is PDF, whose pages are compressed already.
   */
  async sealPart(bytes: Uint8Array, place: PartPlace): Promise<Uint8Array> {
    return seal(this.#key, await deflate(bytes, { level: 1 }), this.#partContext(place));
  }

  /** @throws SealError */
  async openPart(sealed: Uint8Array, place: PartPlace): Promise<Uint8Array> {
    return inflate(unseal(this.#key, sealed, this.#partContext(place)));
  }

  #partContext = ({ attempt, file, part }: PartPlace) => this.#context("part", attempt, file, part);

  #context(...where: (string | number)[]): Uint8Array {
    return Buffer.from(JSON.stringify(["motivo/copy/v1", this.#id, ...where]));
  }
}
