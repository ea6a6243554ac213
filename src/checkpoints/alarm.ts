import { isNull } from "drizzle-orm";
import type { Database } from "../db/client.ts";
import { logAlarm } from "../db/tables.ts";
import type { ChangeableSigner } from "../privacy/log-signer.ts";

/**
 * Somebody outside knows another history than ours: a backup was restored, or the log was forked. To sign on would make
 * two histories out of one, so nothing is signed on any replica until an operator has looked.
 */
export type AlarmCode =
  /** A witness or a place has seen a larger tree than ours. */
  | "log_behind"
  /** A witness or a place holds another root than ours, or our proof does not hold for them. */
  | "log_forked";

export class LogAlarm extends Error {
  override name = "LogAlarm";
  readonly code: AlarmCode;
  constructor(code: AlarmCode, detail: string) {
    super(detail);
    this.code = code;
  }
}

export interface Alarm {
  code: string;
  detail: string;
  raisedAt: Date;
}

interface AlarmDeps {
  db: Database;
  signer: ChangeableSigner;
  now: () => Date;
  randomId: () => string;
}

/** Stops the signer of this process first: the row, which stops the other replicas, may fail to be written. */
export async function raiseAlarm({ db, signer, now, randomId }: AlarmDeps, alarm: LogAlarm): Promise<void> {
  signer.halt(alarm.code);
  if (await standingAlarm(db)) return;
  const { code, message: detail } = alarm;
  await db.insert(logAlarm).values({ id: randomId(), code, detail, raisedAt: now() });
}

/** The first alarm that nobody has dealt with. */
export async function standingAlarm(db: Database): Promise<Alarm | null> {
  const [alarm] = await db
    .select()
    .from(logAlarm)
    .where(isNull(logAlarm.clearedAt))
    .orderBy(logAlarm.raisedAt)
    .limit(1);
  return alarm ?? null;
}

/** Takes up what other replicas, or an operator, have said since. */
export async function followAlarm({ db, signer }: Pick<AlarmDeps, "db" | "signer">): Promise<Alarm | null> {
  const alarm = await standingAlarm(db);
  if (alarm) signer.halt(alarm.code);
  else signer.resume();
  return alarm;
}

/**
 * An operator has looked, and the log may sign again. The next turn asks the witnesses again, and raises the alarm again if
 * they still know better.
 * @returns how many alarms stood
 */
export async function clearAlarm({
  db,
  signer,
  now,
}: Pick<AlarmDeps, "db" | "signer" | "now">): Promise<number> {
  const cleared = await db
    .update(logAlarm)
    .set({ clearedAt: now() })
    .where(isNull(logAlarm.clearedAt))
    .returning({ id: logAlarm.id });
  signer.resume();
  return cleared.length;
}
