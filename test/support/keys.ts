import { randomBytes } from "node:crypto";
import type { Database } from "../../src/db/client.ts";
import { EpochRing } from "../../src/privacy/epoch-ring.ts";
import { KeyFolderError, type KeyProvider } from "../../src/privacy/key-folder.ts";
import { folderEpochKeys } from "../../src/privacy/keys/folder.ts";

/** Keys that live as long as the test. */
export function memoryKeys(): KeyProvider {
  const keys = new Map<string, Uint8Array>();
  return {
    async read(name) {
      const key = keys.get(name);
      if (!key) throw new KeyFolderError(`The key "${name}" is not in the key folder`);
      return new Uint8Array(key);
    },
    exists: async (name) => keys.has(name),
    async create(name) {
      return this.keep(name, new Uint8Array(randomBytes(32)));
    },
    async keep(name, given) {
      const key = keys.get(name) ?? new Uint8Array(given);
      keys.set(name, key);
      return new Uint8Array(key);
    },
    async destroy(name) {
      keys.delete(name);
    },
  };
}

/** The epochs of a database, with their keys in this folder. */
export const openRing = (
  db: Database,
  keys: KeyProvider = memoryKeys(),
  now: Date = new Date(),
): Promise<EpochRing> =>
  EpochRing.open(
    db,
    folderEpochKeys(keys, () => now),
    keys,
    now,
  );
