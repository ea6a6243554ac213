import { and, asc, desc, eq, inArray, lte, sql } from "drizzle-orm";
import { hourOf } from "../../../audit/leaf.ts";
import { appendEntries, type NewEntry } from "../../db/log-append.ts";
import { notice } from "../../db/tables.ts";
import { postCallback } from "../opendsr/callback.ts";
import type { OpenDsr } from "../opendsr/settings.ts";
import { epochOfRow, inTransaction, OwnKey } from "../requests/own-key.ts";
import type { RightsDeps } from "../requests/settings.ts";
import { type Mailer, mailOf } from "./mail.ts";
import type { NoticeContent, NoticeState } from "./notices.ts";
import { AddressForbiddenError, type NetworkRule } from "./public-address.ts";
import { postSigned } from "./webhook.ts";

/** How notices leave. */
export interface Delivery {
  network: NetworkRule;
  /** null where no SMTP server is configured. */
  mail: Mailer | null;
  /** null or absent where no caller of OpenDSR is registered. */
  openDsr?: OpenDsr | null;
}

/** Seconds until the next attempt, as Standard Webhooks proposes: ten attempts over some three days. */
export const BACKOFF_S = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400] as const;

/** For how long a notice is one process's alone; a crash in the middle gives it back after that. */
const LEASE_MS = 60_000;

/** Why an attempt came to nothing. No words of the other side: they may say anything. */
export type Miss =
  | "not_allowed"
  | "address_forbidden"
  | "no_mail_server"
  | "unreachable"
  | `status_${number}`;

type Kept = NoticeContent & { missed?: Miss };
/** No other attempt will end better. */
const FINAL: ReadonlySet<Miss> = new Set(["not_allowed", "no_mail_server", "status_410"]);

const missOf = (status: number): Miss | null => (status >= 200 && status < 300 ? null : `status_${status}`);

async function attempt(
  { rights, now }: RightsDeps,
  { network, mail, openDsr = null }: Delivery,
  id: string,
  content: NoticeContent,
): Promise<Miss | null> {
  try {
    if (content.channel === "email") {
      if (!mail) return "no_mail_server";
      await mail.send(id, mailOf(content, rights.controller));
      return null;
    }
    if (content.channel === "opendsr") {
      const caller = openDsr?.callers.get(content.caller);
      if (!openDsr || !caller?.callbacks.includes(content.url)) return "not_allowed";
      return missOf(await postCallback(openDsr, rights, caller, content, network));
    }
    const to = rights.recipients.find(({ name }) => name === content.recipient);
    if (!to) return "not_allowed";
    const { type, at: timestamp, told } = content;
    const body = JSON.stringify({ type, timestamp, data: told });
    return missOf(await postSigned(to, { id, at: now(), body }, network));
  } catch (error) {
    for (let cause = error; cause instanceof Error; cause = cause.cause)
      if (cause instanceof AddressForbiddenError) return "address_forbidden";
    return "unreachable";
  }
}

/** The evidence that a recipient was told (LGPD 18 §6, GDPR 19): the recipient's name, nobody else's. */
function acknowledgement(
  deps: RightsDeps,
  content: Extract<NoticeContent, { channel: "webhook" }>,
): NewEntry {
  const hour = hourOf(deps.now());
  const { reference: request, recipient, type } = content;
  return {
    leaf: { kind: "request" },
    hour,
    body: { kind: "request", hour, request, action: "acknowledged", by: "recipient", recipient, type },
    columns: { id: deps.randomId() },
  };
}

async function settle(
  deps: RightsDeps,
  row: typeof notice.$inferSelect,
  key: OwnKey,
  content: NoticeContent,
  missed: Miss | null,
): Promise<NoticeState> {
  const now = deps.now();
  if (missed === null) {
    await inTransaction(deps, async (tx) => {
      if (content.channel === "webhook")
        await appendEntries(tx, deps.log.context, [acknowledgement(deps, content)]);
      await tx
        .update(notice)
        .set({ state: "acknowledged", acknowledgedAt: now, nextAttemptAt: null })
        .where(eq(notice.id, row.id));
    });
    return "acknowledged";
  }
  const wait = FINAL.has(missed) ? undefined : BACKOFF_S[row.attempts - 1];
  const state: NoticeState = wait === undefined ? "failed" : "waiting";
  await deps.db
    .update(notice)
    .set({
      state,
      nextAttemptAt: wait === undefined ? null : new Date(now.getTime() + wait * 1000),
      sealed: key.seal({ ...content, missed } satisfies Kept),
    })
    .where(eq(notice.id, row.id));
  return state;
}

/**
 * Sends what is due. Each notice goes at least once: a crash between the recipient's answer and our note of it sends it
 * again under the same id. Several processes share the outbox without sending anything twice otherwise.
 * @returns how many ended in which state
 */
export async function deliverNotices(
  deps: RightsDeps,
  delivery: Delivery,
  limit = 20,
): Promise<Record<NoticeState, number>> {
  const now = deps.now();
  const due = deps.db
    .select({ id: notice.id })
    .from(notice)
    .where(and(eq(notice.state, "waiting"), lte(notice.nextAttemptAt, now)))
    .orderBy(asc(notice.nextAttemptAt))
    .limit(limit)
    .for("update", { skipLocked: true });
  const rows = await deps.db
    .update(notice)
    .set({ attempts: sql`${notice.attempts} + 1`, nextAttemptAt: new Date(now.getTime() + LEASE_MS) })
    .where(inArray(notice.id, due))
    .returning();
  const states: Record<NoticeState, number> = { waiting: 0, acknowledged: 0, failed: 0 };
  // At once, so that the slowest of them ends well within the lease.
  await Promise.all(
    rows.map(async (row) => {
      const key = OwnKey.open(epochOfRow(deps, row.epoch), row);
      const content = key.open<NoticeContent>(row.sealed);
      const missed = await attempt(deps, delivery, row.id, content);
      states[await settle(deps, row, key, content, missed)] += 1;
    }),
  );
  return states;
}

/** A line of the outbox as an operator reads it: recipients by name, people not at all. */
export interface NoticeLine {
  id: string;
  channel: NoticeContent["channel"];
  recipient: string | null;
  about: string;
  state: NoticeState;
  attempts: number;
  missed: Miss | null;
  nextAttemptAt: Date | null;
  acknowledgedAt: Date | null;
}

function headOf(content: NoticeContent): Pick<NoticeLine, "channel" | "recipient" | "about"> {
  const { channel } = content;
  if (channel === "email") return { channel, recipient: null, about: content.action };
  if (channel === "opendsr") return { channel, recipient: content.caller, about: content.told.status };
  return { channel, recipient: content.recipient, about: content.type };
}

/** The newest notices, those in one state alone if asked for. */
export async function outboxOf(
  deps: RightsDeps,
  filter: { state?: NoticeState | undefined; limit: number },
): Promise<NoticeLine[]> {
  const rows = await deps.db
    .select()
    .from(notice)
    .where(filter.state === undefined ? undefined : eq(notice.state, filter.state))
    .orderBy(desc(notice.forgetAt))
    .limit(filter.limit);
  return rows.map((row) => {
    const content = OwnKey.open(epochOfRow(deps, row.epoch), row).open<Kept>(row.sealed);
    return {
      id: row.id,
      ...headOf(content),
      state: row.state as NoticeState,
      attempts: row.attempts,
      missed: content.missed ?? null,
      nextAttemptAt: row.nextAttemptAt,
      acknowledgedAt: row.acknowledgedAt,
    };
  });
}
