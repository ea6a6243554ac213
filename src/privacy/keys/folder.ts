import type { KeyProvider } from "../key-folder.ts";
import type { EpochKeyProvider } from "./provider.ts";

const nameOf = (epoch: number) => `epoch-${epoch}`;

/**
 * Epoch keys as files of the key folder: `epoch-<n>.key`. Replicas share the folder; where they hold copies of it, a
 * key counts as destroyed when the last copy is, and every replica destroys its own.
 */
export function folderEpochKeys(keys: KeyProvider, now: () => Date): EpochKeyProvider {
  return {
    kind: "folder",
    warning: null,
    create: (epoch) => keys.create(nameOf(epoch)),
    open: (epoch) => keys.read(nameOf(epoch)),
    exists: (epoch) => keys.exists(nameOf(epoch)),
    async destroy(epoch) {
      await keys.destroy(nameOf(epoch));
      return { state: "destroyed", at: now() };
    },
  };
}
