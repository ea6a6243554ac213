import type { Config } from "../../config.ts";
import type { KeyProvider } from "../key-folder.ts";
import { environmentEpochKeys } from "./environment.ts";
import { folderEpochKeys } from "./folder.ts";
import { EpochKeyError, type EpochKeyProvider } from "./provider.ts";

/**
 * The provider that the configuration names. The SDKs of remote ones are loaded only where they are used.
 * @param keys the key folder, which holds the epoch keys themselves unless another provider wraps them
 * @throws EpochKeyError when a setting that this provider needs is missing
 */
export async function configuredEpochKeys(
  config: Config,
  keys: KeyProvider,
  now: () => Date,
): Promise<EpochKeyProvider> {
  const { MOTIVO_KEYS: folder, MOTIVO_ORIGIN: origin } = config;
  switch (config.MOTIVO_KEY_PROVIDER) {
    case "folder":
      return folderEpochKeys(keys, now);
    case "environment":
      return environmentEpochKeys(config.MOTIVO_EPOCH_KEY);
    case "aws-kms": {
      const { awsKmsEpochKeys } = await import("./aws-kms.ts");
      return awsKmsEpochKeys({ folder, origin, deletionDays: config.MOTIVO_KMS_DELETION_DAYS, now });
    }
    case "vault-transit": {
      const { MOTIVO_VAULT_ADDR: address, MOTIVO_VAULT_TOKEN_FILE: tokenFile } = config;
      if (!address || !tokenFile) {
        throw new EpochKeyError(
          "MOTIVO_KEY_PROVIDER=vault-transit needs MOTIVO_VAULT_ADDR and MOTIVO_VAULT_TOKEN_FILE",
        );
      }
      const { vaultTransitEpochKeys } = await import("./vault-transit.ts");
      return vaultTransitEpochKeys({
        folder,
        origin,
        address,
        tokenFile,
        mount: config.MOTIVO_VAULT_MOUNT,
        key: config.MOTIVO_VAULT_KEY,
        ...(config.MOTIVO_VAULT_NAMESPACE === undefined ? {} : { namespace: config.MOTIVO_VAULT_NAMESPACE }),
        now,
      });
    }
  }
}
