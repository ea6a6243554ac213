import { randomInt, timingSafeEqual } from "node:crypto";
import { and, eq, gt, inArray, isNull, lt, sql } from "drizzle-orm";
import { z } from "zod";
import { oneTimeCode } from "../../db/tables.ts";
import type { Language } from "../../decisions/decision.ts";
import { Problem } from "../../errors.ts";
import { inTransaction } from "../requests/own-key.ts";
import type { RightsDeps } from "../requests/settings.ts";
import { addressOnFile } from "./address.ts";
import type { CodeChannel } from "./channel.ts";

const DIGITS = 8;
export const CODE_MINUTES = 10;
export const MOST_TRIES = 3;
/** Codes that a person gets in an hour, from whichever session: 15 guesses at one in 10⁸. */
export const CODES_PER_HOUR = 5;
const HOUR_MS = 3_600_000;

/** Who asks for a code or gives one: a person, in one session of theirs. */
export interface CodeHolder {
  subject: string;
  session: string;
}

const blindParts = (id: string, { subject, session }: CodeHolder, code: string) => [
  id,
  subject,
  session,
  code,
];

/**
 * Sends a one-time code to the address on file. What is kept of it is an HMAC under the epoch's key, bound to person and
 * session: a code that somebody else reads is of no use in a session of theirs.
 * @returns the code's id; the code itself is nowhere but in the message
 * @throws Problem no_code_address, too_many_codes, code_not_sent
 */
export async function sendCode(
  deps: RightsDeps,
  channel: CodeChannel,
  holder: CodeHolder,
  language: Language,
): Promise<string> {
  const to = await addressOnFile(deps, holder.subject, (subject) => channel.addressIn(subject));
  if (to === null) throw new Problem("no_code_address");
  const id = deps.randomId();
  const code = String(randomInt(10 ** DIGITS)).padStart(DIGITS, "0");
  await inTransaction(deps, async (tx) => {
    const sentAt = deps.now();
    const recent = await tx
      .select({ sentAt: oneTimeCode.sentAt })
      .from(oneTimeCode)
      .where(
        and(
          inArray(oneTimeCode.person, deps.epoch.blinds("one-time-code", holder.subject)),
          gt(oneTimeCode.sentAt, new Date(sentAt.getTime() - HOUR_MS)),
        ),
      );
    if (recent.length >= CODES_PER_HOUR) {
      const first = Math.min(...recent.map((row) => row.sentAt.getTime()));
      const retryAfterSeconds = Math.max(1, Math.ceil((first + HOUR_MS - sentAt.getTime()) / 1000));
      throw new Problem("too_many_codes", undefined, { retryAfterSeconds });
    }
    await tx.insert(oneTimeCode).values({
      id,
      person: deps.epoch.blind("one-time-code", holder.subject),
      code: deps.epoch.blind("one-time-code", ...blindParts(id, holder, code)),
      tries: 0,
      sentAt,
      expiresAt: new Date(sentAt.getTime() + CODE_MINUTES * 60_000),
    });
  });
  // A crash before this leaves a code that nobody has; it counts against the next ones and goes within the hour.
  try {
    const { controller } = deps.rights;
    await channel.send(id, to, { code, language, minutes: CODE_MINUTES, controller });
  } catch (cause) {
    throw new Problem("code_not_sent", undefined, { cause });
  }
  return id;
}

/**
 * Uses a code up. Each try is counted before it is looked at, so that many at once are no more than many in a row.
 * @throws Problem wrong_code, whatever is wrong: spent, too old, another session's, or another number
 */
export async function useCode(deps: RightsDeps, holder: CodeHolder, id: string, code: string): Promise<void> {
  if (!z.uuid().safeParse(id).success) throw new Problem("wrong_code");
  const now = deps.now();
  const good = and(
    eq(oneTimeCode.id, id),
    lt(oneTimeCode.tries, MOST_TRIES),
    gt(oneTimeCode.expiresAt, now),
    isNull(oneTimeCode.usedAt),
  );
  const [row] = await deps.db
    .update(oneTimeCode)
    .set({ tries: sql`${oneTimeCode.tries} + 1` })
    .where(good)
    .returning();
  if (!row) throw new Problem("wrong_code");
  const fits = deps.epoch
    .blinds("one-time-code", ...blindParts(id, holder, code))
    .map((expected) => timingSafeEqual(expected, row.code))
    .includes(true);
  if (!fits) throw new Problem("wrong_code");
  const used = await deps.db
    .update(oneTimeCode)
    .set({ usedAt: now })
    .where(and(eq(oneTimeCode.id, id), isNull(oneTimeCode.usedAt)))
    .returning({ id: oneTimeCode.id });
  if (used.length === 0) throw new Problem("wrong_code");
}

/** Forgets codes that count for nothing any more. @returns how many */
export async function forgetCodes(deps: RightsDeps): Promise<number> {
  const gone = await deps.db
    .delete(oneTimeCode)
    .where(lt(oneTimeCode.sentAt, new Date(deps.now().getTime() - HOUR_MS)))
    .returning({ id: oneTimeCode.id });
  return gone.length;
}
