import { randomBytes } from "node:crypto";
import type { Config } from "../config.ts";
import type { Database } from "../db/client.ts";
import type { Log } from "../db/log.ts";
import type { KeyProvider } from "../privacy/key-folder.ts";
import type { ChangeableSigner } from "../privacy/log-signer.ts";
import { clearAlarm, followAlarm, standingAlarm } from "./alarm.ts";
import { configuredPublishing } from "./configured.ts";
import { changeLogKey } from "./key-changes.ts";
import { Publisher, type PublishingFault } from "./publisher.ts";

export interface CheckpointsState {
  /** Size of the checkpoint that is published; null: none yet. */
  published: number | null;
  alarm: { code: string; detail: string; raisedAt: string } | null;
  /** What did not work in this process's last turn, and is tried again. */
  faults: PublishingFault[];
}

/** What operators do with the log's checkpoints, and the turns that happen by themselves. */
export interface Checkpoints {
  turn: Publisher["turn"];
  attested: Publisher["attested"];
  state(): Promise<CheckpointsState>;
  /** @throws Problem key_change_running, invalid_request */
  changeKey(until: string): ReturnType<typeof changeLogKey>;
  /** @returns how many alarms stood */
  clearAlarm(): Promise<number>;
}

/** @throws ConfigError */
export async function openCheckpoints(
  config: Config,
  deps: {
    db: Database;
    log: Log;
    signer: ChangeableSigner;
    keys: KeyProvider;
    now: () => Date;
    randomId: () => string;
  },
): Promise<Checkpoints> {
  const publisher = new Publisher({
    ...deps,
    ...(await configuredPublishing(config)),
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
  });
  // An alarm outlives the process that raised it.
  await followAlarm(deps);
  return {
    turn: () => publisher.turn(),
    attested: (least) => publisher.attested(least),
    async state() {
      const { size, faults } = publisher.last;
      const alarm = await standingAlarm(deps.db);
      return {
        published: size,
        alarm: alarm && { code: alarm.code, detail: alarm.detail, raisedAt: alarm.raisedAt.toISOString() },
        faults,
      };
    },
    changeKey: (until) => changeLogKey({ ...deps, origin: config.MOTIVO_ORIGIN }, until),
    clearAlarm: () => clearAlarm(deps),
  };
}
