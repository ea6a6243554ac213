import { createPublicKey, sign as ed25519 } from "node:crypto";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { ed25519Key, formatVkey, type Signer, type VerifierKey } from "../../audit/note.ts";
import type { LogSigner } from "../db/log-append.ts";
import { Problem } from "../errors.ts";
import { privateKeyOf } from "./ed25519.ts";
import { KeyFolderError, type KeyProvider } from "./key-folder.ts";

const SPKI_PREFIX_BYTES = 12;

/** A change of the log's key, as the database keeps it: `until` is the last UTC day on which the key before signs too. */
export interface LogKeyChange {
  /** 2 for the first change: the first key has no number. */
  number: number;
  vkey: string;
  /** YYYY-MM-DD */
  until: string;
}

/**
 * Signs as the log. Which key is `key` depends on the day: the old one until its overlap is over, then the new one.
 * After an alarm `sign` throws Problem log_halted: whoever appends asks `halted` first, so that nothing is committed that
 * nobody will sign.
 */
export interface ChangeableSigner extends LogSigner {
  keys: readonly VerifierKey[];
  also: readonly Signer[];
  /** Why nothing is signed, or null. */
  halted(): Problem | null;
  halt(why: string): void;
  resume(): void;
  /** Takes the key of a change up. Nothing happens when it is known. @throws KeyFolderError */
  adopt(change: LogKeyChange): Promise<void>;
  /** Puts a key down again whose change did not come to be. */
  drop(number: number): void;
}

/** Ed25519 is deterministic: the same head gives the same bytes on every replica that holds this key. */
const LOG_KEY = "log";
export const logKeyName = (number: number): string => (number === 1 ? LOG_KEY : `${LOG_KEY}-${number}`);

interface HeldKey {
  number: number;
  /** Null for the first key. */
  until: string | null;
  key: VerifierKey;
  sign(message: Uint8Array): Uint8Array;
}

function heldKey(origin: string, seed: Uint8Array, number: number, until: string | null): HeldKey {
  const privateKey = privateKeyOf(seed);
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  const key = ed25519Key(nodeCrypto, origin, new Uint8Array(spki.subarray(SPKI_PREFIX_BYTES)));
  return { number, until, key, sign: (message) => ed25519(null, message, privateKey) };
}

/** @param origin name of the log and of its key: no space, no plus sign. @param seed 32 bytes */
export function signerOf(origin: string, seed: Uint8Array): Signer {
  const { key, sign } = heldKey(origin, seed, 1, null);
  return { key, sign };
}

/**
 * The log's keys lie beside the epoch keys, never in the database, never on the edge.
 * @param log only a log without a head may be given a new key
 * @param options.changes what the database says of later keys, in order
 * @throws KeyFolderError when one is not there, or is another one than the log names
 */
export async function openSigner(
  origin: string,
  keys: KeyProvider,
  log: "new" | "existing",
  options: { changes?: readonly LogKeyChange[]; now?: () => Date } = {},
): Promise<ChangeableSigner> {
  const { changes = [], now = () => new Date() } = options;
  const seed = log === "new" ? await keys.create(LOG_KEY) : await keys.read(LOG_KEY);
  const signer = new KeyRing(origin, keys, now, heldKey(origin, seed, 1, null));
  for (const change of changes) await signer.adopt(change);
  return signer;
}

class KeyRing implements ChangeableSigner {
  #held: HeldKey[];
  #halted: string | null = null;
  readonly #origin: string;
  readonly #provider: KeyProvider;
  readonly #now: () => Date;

  constructor(origin: string, provider: KeyProvider, now: () => Date, first: HeldKey) {
    this.#origin = origin;
    this.#provider = provider;
    this.#now = now;
    this.#held = [first];
  }

  /** Place of the first key that still signs: the last one whose predecessor's overlap is over. */
  get #current(): number {
    const today = this.#now().toISOString().slice(0, 10);
    return this.#held.findLastIndex(({ until }) => until === null || until < today);
  }

  get key(): VerifierKey {
    return this.#held[this.#current]!.key;
  }

  get also(): readonly Signer[] {
    return this.#held.slice(this.#current + 1).map((held) => ({ key: held.key, sign: this.#guarded(held) }));
  }

  get keys(): readonly VerifierKey[] {
    return this.#held.map(({ key }) => key);
  }

  get vkey(): string {
    return formatVkey(this.key);
  }

  readonly sign = (message: Uint8Array): Uint8Array => this.#guarded(this.#held[this.#current]!)(message);

  halted(): Problem | null {
    if (this.#halted === null) return null;
    return new Problem("log_halted", undefined, { retryAfterSeconds: 60, members: { alarm: this.#halted } });
  }

  halt(why: string): void {
    this.#halted ??= why;
  }

  resume(): void {
    this.#halted = null;
  }

  async adopt({ number, vkey, until }: LogKeyChange): Promise<void> {
    if (this.#held.some((held) => held.number === number)) return;
    const held = heldKey(this.#origin, await this.#provider.read(logKeyName(number)), number, until);
    if (formatVkey(held.key) !== vkey) {
      throw new KeyFolderError(`The key "${logKeyName(number)}" is not the one that the log changed to`);
    }
    this.#held = [...this.#held, held].sort((a, b) => a.number - b.number);
  }

  drop(number: number): void {
    this.#held = this.#held.filter((held) => held.number !== number);
  }

  #guarded({ sign }: HeldKey): (message: Uint8Array) => Uint8Array {
    return (message) => {
      const halted = this.halted();
      if (halted) throw halted;
      return sign(message);
    };
  }
}
