import { hkdfSync } from "node:crypto";
import { asEpochKey, EPOCH_KEY_BYTES, EpochKeyError, type EpochKeyProvider } from "./provider.ts";

const WARNING =
  "Epoch keys come from MOTIVO_EPOCH_KEY, for development only: an environment variable cannot be destroyed, so a " +
  "copy of the database from before an erasure can always be opened with it.";

/**
 * Epoch keys derived from one secret of the environment (HKDF-SHA-256, RFC 5869). The variable is in the process
 * table, in unit files and in shells' histories: closing an epoch re-wraps the survivors, and destroys nothing.
 * @param secret 64 hex digits
 */
export function environmentEpochKeys(secret: string | undefined): EpochKeyProvider {
  const derive = async (epoch: number): Promise<Uint8Array> => {
    if (!secret || !/^[0-9a-f]{64}$/.test(secret)) {
      throw new EpochKeyError("MOTIVO_EPOCH_KEY must be 64 hex digits in lower case");
    }
    const key = hkdfSync(
      "sha256",
      Buffer.from(secret, "hex"),
      "",
      `motivo/epoch-${epoch}/v1`,
      EPOCH_KEY_BYTES,
    );
    return asEpochKey(new Uint8Array(key), "HKDF");
  };
  return {
    kind: "environment",
    warning: WARNING,
    create: derive,
    open: derive,
    exists: async () => true,
    destroy: async () => ({ state: "impossible" }),
  };
}
