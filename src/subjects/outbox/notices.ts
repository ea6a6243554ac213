import type { Json } from "../../../audit/canonical.ts";
import type { Database } from "../../db/client.ts";
import { notice } from "../../db/tables.ts";
import type { Language } from "../../decisions/decision.ts";
import type { CallerStanding } from "../opendsr/standing.ts";
import { currentEpoch, OwnKey } from "../requests/own-key.ts";
import type { OpenedRequest } from "../requests/request.ts";
import { type RightsDeps, recipientsFor } from "../requests/settings.ts";

const MS_PER_DAY = 86_400_000;

/** What stands sealed in a notice. The recipient's address is looked up when it is sent: the setting is the list. */
export type NoticeContent =
  | {
      channel: "webhook";
      recipient: string;
      type: "decision.corrected" | "decision.reviewed" | "subject.erased";
      /** RFC 3339 */
      at: string;
      told: { [member: string]: Json };
      /** Of the request, for the entry that says that it was acknowledged. */
      reference: string;
    }
  | {
      /** How a request by OpenDSR stands now; who is told, and where, is checked against the list when it is sent. */
      channel: "opendsr";
      caller: string;
      url: string;
      told: CallerStanding;
    }
  | {
      channel: "email";
      to: string;
      language: Language;
      right: string;
      action: string;
      state: string;
      due: string | null;
      target: string | null;
      reference: string;
    };

export const NOTICE_STATES = ["waiting", "acknowledged", "failed"] as const;
export type NoticeState = (typeof NOTICE_STATES)[number];

/** Puts a notice into the outbox, in the caller's transaction: what it tells of is committed with it or not at all. */
export async function enqueue(
  tx: Database,
  deps: RightsDeps,
  request: string,
  content: NoticeContent,
): Promise<void> {
  const id = deps.randomId();
  const key = OwnKey.make(id);
  const now = deps.now();
  await tx.insert(notice).values({
    id,
    request,
    ...key.wrap(currentEpoch(deps)),
    sealed: key.seal(content),
    state: "waiting" satisfies NoticeState,
    attempts: 0,
    nextAttemptAt: now,
    forgetAt: new Date(now.getTime() + deps.rights.keepDays * MS_PER_DAY),
  });
}

/** Tells every recipient of a model's decisions, each in a notice of its own. */
export async function tellRecipients(
  tx: Database,
  deps: RightsDeps,
  request: OpenedRequest,
  model: string,
  type: Extract<NoticeContent, { channel: "webhook" }>["type"],
  told: { [member: string]: Json },
): Promise<string[]> {
  const { id, reference } = request;
  const at = deps.now().toISOString();
  const concerned = recipientsFor(deps.rights.recipients, model);
  for (const { name } of concerned) {
    await enqueue(tx, deps, id, {
      channel: "webhook",
      recipient: name,
      type,
      at,
      told: { model, ...told },
      reference,
    });
  }
  return concerned.map(({ name }) => name);
}

/** Tells the person of a step of their request, where they left an address. The words name no data of theirs. */
export async function tellPerson(
  tx: Database,
  deps: RightsDeps,
  { id, right, state, due, target, content, reference }: Omit<OpenedRequest, "key">,
  action: string,
): Promise<void> {
  const { contact, language = "pt-BR" } = content.asked;
  if (!contact || !deps.rights.tellsByMail) return;
  const to = contact.email;
  await enqueue(tx, deps, id, {
    channel: "email",
    to,
    language,
    right,
    action,
    state,
    due,
    target,
    reference,
  });
}
