import type { Config } from "../../config.ts";
import type { KeyProvider } from "../key-folder.ts";
import { environmentEpochKeys } from "./environment.ts";
import { folderEpochKeys } from "./folder.ts";
import { EpochKeyError, type EpochKeyProvider } from "./provider.ts";

/**
 * A service that changes to a remote provider opens what was written before out of the key folder, until its next epoch
 * is open and the last one of the folder is closed.
 */
function afterFolder(provider: EpochKeyProvider, folder: EpochKeyProvider): EpochKeyProvider {
  const of = async (epoch: number) =>
    !(await provider.exists(epoch)) && (await folder.exists(epoch)) ? folder : provider;
  return {
    kind: provider.kind,
    warning: provider.warning,
    create: async (epoch) => (await of(epoch)).create(epoch),
    open: async (epoch) => (await of(epoch)).open(epoch),
    exists: async (epoch) => (await of(epoch)).exists(epoch),
    destroy: async (epoch) => (await of(epoch)).destroy(epoch),
  };
}

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
      const deletionDays = config.MOTIVO_KMS_DELETION_DAYS;
      return afterFolder(awsKmsEpochKeys({ folder, origin, deletionDays, now }), folderEpochKeys(keys, now));
    }
    case "vault-transit": {
      const { MOTIVO_VAULT_ADDR: address, MOTIVO_VAULT_TOKEN_FILE: tokenFile } = config;
      if (!address || !tokenFile) {
        throw new EpochKeyError(
          "MOTIVO_KEY_PROVIDER=vault-transit needs MOTIVO_VAULT_ADDR and MOTIVO_VAULT_TOKEN_FILE",
        );
      }
      const { vaultTransitEpochKeys } = await import("./vault-transit.ts");
      const transit = vaultTransitEpochKeys({
        folder,
        origin,
        address,
        tokenFile,
        mount: config.MOTIVO_VAULT_MOUNT,
        key: config.MOTIVO_VAULT_KEY,
        ...(config.MOTIVO_VAULT_NAMESPACE === undefined ? {} : { namespace: config.MOTIVO_VAULT_NAMESPACE }),
        now,
      });
      return afterFolder(transit, folderEpochKeys(keys, now));
    }
  }
}
