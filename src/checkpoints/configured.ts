import { readFile } from "node:fs/promises";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { type Policy, parsePolicy } from "../../audit/policy.ts";
import { type Config, ConfigError } from "../config.ts";
import { placesOf } from "./places.ts";
import type { PublisherDeps } from "./publisher.ts";
import { certificatesIn } from "./time-stamp.ts";

/**
 * What the settings say of witnesses, places and the time-stamp authority.
 * @throws ConfigError naming the setting whose file cannot be read or used
 */
export async function configuredPublishing(
  config: Config,
): Promise<Pick<PublisherDeps, "policy" | "places" | "authority">> {
  const { MOTIVO_WITNESS_POLICY, MOTIVO_CHECKPOINT_PLACES, MOTIVO_TIMESTAMP_URL, MOTIVO_TIMESTAMP_CA } =
    config;
  if ((MOTIVO_TIMESTAMP_URL === undefined) !== (MOTIVO_TIMESTAMP_CA === undefined)) {
    throw new ConfigError("MOTIVO_TIMESTAMP_URL and MOTIVO_TIMESTAMP_CA go together");
  }
  const authority =
    MOTIVO_TIMESTAMP_URL !== undefined && MOTIVO_TIMESTAMP_CA !== undefined
      ? {
          url: MOTIVO_TIMESTAMP_URL,
          trusted: await usable("MOTIVO_TIMESTAMP_CA", MOTIVO_TIMESTAMP_CA, certificatesIn),
          intervalSeconds: config.MOTIVO_TIMESTAMP_INTERVAL_S,
        }
      : null;
  const policy =
    MOTIVO_WITNESS_POLICY === undefined
      ? null
      : await usable("MOTIVO_WITNESS_POLICY", MOTIVO_WITNESS_POLICY, witnessPolicy);
  return { policy, places: placesOf(MOTIVO_CHECKPOINT_PLACES ?? ""), authority };
}

function witnessPolicy(text: string): Policy {
  const policy = parsePolicy(nodeCrypto, text);
  for (const { url } of policy.witnesses)
    if (url !== null && !/^https?:\/\//i.test(url)) throw new Error("address");
  return policy;
}

async function usable<T>(setting: string, path: string, parse: (text: string) => T): Promise<T> {
  try {
    return parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new ConfigError(`${setting} names a file that cannot be read or used`, { cause });
  }
}
