import { readFile } from "node:fs/promises";
import type { Config } from "../../config.ts";
import type { RightsDeps } from "../requests/settings.ts";
import { type Caller, readCallers } from "./callers.ts";
import { openIdentity, type ProcessorIdentity } from "./identity.ts";

/** What the controller has settled about OpenDSR. */
export interface OpenDsr {
  identity: ProcessorIdentity;
  callers: ReadonlyMap<string, Caller>;
  /** The `identity_type` whose raw value is the subject's id. */
  identityType: string;
  /** Where the service is reached, without a slash at the end. */
  address: string;
  /** How long a request stays pending, and may be cancelled, before it is begun. */
  pendingMs: number;
}

export type OpenDsrDeps = RightsDeps & { openDsr: OpenDsr };

/** @returns null where no callers are registered. @throws ConfigError */
export async function configuredOpenDsr(config: Config, now: Date): Promise<OpenDsr | null> {
  const { MOTIVO_OPENDSR_CALLERS: file, MOTIVO_PUBLIC_URL: url } = config;
  if (!file || !url) return null;
  const authorities = config.MOTIVO_OPENDSR_CA ? await readFile(config.MOTIVO_OPENDSR_CA, "utf8") : "";
  return {
    callers: await readCallers(file, authorities),
    identity: await openIdentity({
      keyFolder: config.MOTIVO_KEYS,
      domain: new URL(url).hostname,
      certificateFile: config.MOTIVO_OPENDSR_CERTIFICATE,
      development: config.development,
      now,
    }),
    identityType: config.MOTIVO_OPENDSR_IDENTITY,
    address: url.replace(/\/$/, ""),
    pendingMs: config.MOTIVO_OPENDSR_PENDING_S * 1000,
  };
}
