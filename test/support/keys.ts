import { randomBytes } from "node:crypto";
import { KeyFolderError, type KeyProvider } from "../../src/privacy/key-folder.ts";

/** Keys that live as long as the test. */
export function memoryKeys(): KeyProvider {
  const keys = new Map<string, Uint8Array>();
  return {
    async read(name) {
      const key = keys.get(name);
      if (!key) throw new KeyFolderError(`The key "${name}" is not in the key folder`);
      return key;
    },
    exists: async (name) => keys.has(name),
    async create(name) {
      const key = keys.get(name) ?? new Uint8Array(randomBytes(32));
      keys.set(name, key);
      return key;
    },
  };
}
