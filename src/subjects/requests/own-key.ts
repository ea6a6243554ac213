import { hkdfSync, randomBytes } from "node:crypto";
import { canonicalize } from "../../../audit/canonical.ts";
import type { Database } from "../../db/client.ts";
import { lockHead } from "../../db/log-append.ts";
import type { Deps } from "../../decisions/deps.ts";
import type { Epoch } from "../../privacy/epoch.ts";
import { seal, unseal } from "../../privacy/sealing.ts";
import { retryStale } from "../../privacy/stale.ts";

/** A row that has a key of its own, wrapped by the key of an epoch. */
export interface OwnKeyed {
  id: string;
  epoch: number;
  wrapped: Uint8Array;
}

const wrapContext = (id: string) => Buffer.from(JSON.stringify(["motivo/own-key/v1", id]));
const sealContext = (id: string) => Buffer.from(JSON.stringify(["motivo/own-words/v1", id]));
const derive = (key: Uint8Array, label: string, bytes: number) =>
  new Uint8Array(hkdfSync("sha256", key, new Uint8Array(0), `motivo/own-key/${label}/v1`, bytes));

/** The key of one request or notice. It hangs on no key of the person, so an erasure leaves it; it goes with its row. */
export class OwnKey {
  readonly id: string;
  readonly #key: Uint8Array;

  constructor(id: string, key: Uint8Array) {
    this.id = id;
    this.#key = key;
  }

  static make(id: string): OwnKey {
    return new OwnKey(id, new Uint8Array(randomBytes(32)));
  }

  /** @throws SealError when the row was wrapped under another epoch, or is another row's */
  static open(epoch: Epoch, { id, wrapped }: Pick<OwnKeyed, "id" | "wrapped">): OwnKey {
    return new OwnKey(id, unseal(epoch.wrapKey, wrapped, wrapContext(id)));
  }

  wrap(epoch: Epoch): { epoch: number; wrapped: Uint8Array } {
    return { epoch: epoch.number, wrapped: seal(epoch.wrapKey, this.#key, wrapContext(this.id)) };
  }

  seal(words: object): Uint8Array {
    const plaintext = new TextEncoder().encode(canonicalize(words));
    return seal(derive(this.#key, "words", 32), plaintext, sealContext(this.id));
  }

  open<T>(sealed: Uint8Array): T {
    const plaintext = unseal(derive(this.#key, "words", 32), sealed, sealContext(this.id));
    return JSON.parse(new TextDecoder().decode(plaintext)) as T;
  }

  /** By what the log names the row: 32 hex digits that lead back to it with this key only. */
  get reference(): string {
    return Buffer.from(derive(this.#key, "reference", 16)).toString("hex");
  }
}

/**
 * A transaction over rows that hang on an epoch, once more where another process opened or closed one in between. The
 * work locks the head of the log first, as opening an epoch does: no row is written under a key that is going.
 */
export function inTransaction<T>(
  { db, epoch }: Pick<Deps, "db" | "epoch">,
  work: (tx: Database) => Promise<T>,
): Promise<T> {
  return retryStale(epoch, () =>
    db.transaction(async (tx) => {
      await lockHead(tx);
      return work(tx);
    }),
  );
}

/** The epoch that is written under now, and the one that a row was written under. */
export const currentEpoch = ({ epoch }: Pick<Deps, "epoch">): Epoch => epoch.current();
export const epochOfRow = ({ epoch }: Pick<Deps, "epoch">, number: number): Epoch => epoch.of(number);

type Purpose = "subject-request" | "open-subject-request" | "processing-stop";
/** HMAC under the epoch that is written under now. */
export const blindNow = ({ epoch }: Pick<Deps, "epoch">, purpose: Purpose, ...parts: string[]): Uint8Array =>
  epoch.blind(purpose, ...parts);
/** The same under every epoch that rows may still be under. */
export const blindsOf = (
  { epoch }: Pick<Deps, "epoch">,
  purpose: Purpose,
  ...parts: string[]
): Uint8Array[] => epoch.blinds(purpose, ...parts);
