import { eq } from "drizzle-orm";
import { request, reviewTally } from "../../db/tables.ts";
import type { VaultedDecision } from "../../decisions/decision.ts";
import { type Standing, standingOf } from "../../decisions/standing.ts";
import { actorOf, leaveTrace } from "../../decisions/trace.ts";
import { Problem } from "../../errors.ts";
import type { Contract, Outcome } from "../../models/contract.ts";
import { outcomesOf } from "../../models/outcomes.ts";
import { tellRecipients } from "../outbox/notices.ts";
import { type OpenedVault, openVaulted } from "../own-decision.ts";
import { findRequest } from "../requests/open-request.ts";
import { inTransaction } from "../requests/own-key.ts";
import type { OpenedRequest } from "../requests/request.ts";
import type { RightsDeps } from "../requests/settings.ts";
import { isOpen } from "../requests/states.ts";
import { lockRequest, takeStep } from "../requests/take-step.ts";
import { eventEntry } from "../trace.ts";
import { type ConcludedReview, looksStamped } from "./oversight.ts";
import { latestOf } from "./tally.ts";

/** Everything that a reviewer must have seen: the file of a contested decision. */
export interface ReviewFile {
  request: OpenedRequest;
  vaulted: VaultedDecision;
  /** Of the decision's entry. */
  logIndex: number;
  standing: Standing;
  contract: Contract;
  /** What the decision may be changed to. */
  outcomes: Outcome[];
}

interface Contested extends OpenedVault {
  request: OpenedRequest;
  standing: Standing;
  contract: Contract;
}

/** @throws Problem unknown_review, decision_erased */
async function contested(deps: RightsDeps, id: string): Promise<Contested> {
  const asked = await findRequest(deps, id).catch((error: unknown) => {
    if (error instanceof Problem && error.code === "unknown_request") throw new Problem("unknown_review");
    throw error;
  });
  if (asked.right !== "review" || !isOpen(asked.state)) throw new Problem("unknown_review");
  const decision = asked.content.asked.decision ?? "";
  const opened = await openVaulted(deps, decision);
  const standing = await standingOf(deps.db, decision);
  if (!opened || !standing) throw new Problem("decision_erased");
  const { model, version } = opened.vaulted.decision;
  const { contract } = await deps.models.published(model, version);
  return { ...opened, request: asked, standing, contract };
}

/**
 * Opens the file of a contested decision: the person's view, the actual inputs, the explanation in full. The reading is
 * on the record before anything of it is handed out, and the reviewer's time runs from their first look.
 * @throws Problem unknown_review, decision_erased, illegal_transition while the person is asked something
 */
export async function openReview(deps: RightsDeps, reviewer: string, id: string): Promise<ReviewFile> {
  const { request: asked, vaulted, logIndex, standing, contract } = await contested(deps, id);
  await leaveTrace(deps, { role: "reviewer", name: reviewer }, "personal-data", {
    decision: vaulted.decision.id,
  });
  const actor = actorOf(deps, "reviewer", reviewer);
  const at = deps.now().toISOString();
  let opened = asked;
  if (asked.state === "received") {
    opened = await takeStep(deps, id, ({ content }) => ({
      action: "start",
      by: "reviewer",
      name: reviewer,
      content: { openings: { [actor]: at, ...content.openings } },
    }));
  } else if (asked.content.openings?.[actor] === undefined) {
    opened = await inTransaction(deps, async (tx) => {
      const locked = await lockRequest(tx, deps, id);
      const content = { ...locked.content, openings: { [actor]: at, ...locked.content.openings } };
      await tx
        .update(request)
        .set({ sealed: locked.key.seal(content) })
        .where(eq(request.id, id));
      return { ...locked, content };
    });
  }
  return { request: opened, vaulted, logIndex, standing, contract, outcomes: outcomesOf(contract) };
}

export type Conclusion =
  | { result: "upheld" | "annulled"; grounds: string }
  | { result: "changed"; outcome: string; grounds: string };

/** What stands after a conclusion. @throws Problem unknown_outcome */
function outcomeAfter(conclusion: Conclusion, { standing, contract }: Contested): string | null {
  switch (conclusion.result) {
    case "upheld":
      return standing.outcome;
    case "annulled":
      return null;
    case "changed": {
      const known = outcomesOf(contract).some(({ code }) => code === conclusion.outcome);
      if (!known || conclusion.outcome === standing.outcome) throw new Problem("unknown_outcome");
      return conclusion.outcome;
    }
  }
}

/**
 * Concludes a review, with grounds (GDPR 22(3), LGPD 20). What was changed or annulled supersedes the decision without
 * rewriting it: an entry under the person's key names the decision, the result and the reviewer's pseudonym; the
 * grounds lie in the vault. The time counts from the reviewer's first look at this file or their last conclusion,
 * whichever was later, so that opening many files at once makes none of them look read.
 * @throws Problem unknown_review, review_not_opened, unknown_outcome, decision_erased, illegal_transition
 */
export async function concludeReview(
  deps: RightsDeps,
  reviewer: string,
  id: string,
  conclusion: Conclusion,
): Promise<OpenedRequest> {
  const file = await contested(deps, id);
  const outcome = outcomeAfter(conclusion, file);
  const { result, grounds } = conclusion;
  const { model, version, id: decision } = file.vaulted.decision;
  const actor = actorOf(deps, "reviewer", reviewer);
  const latest = await latestOf(deps.db, actor);
  const concludedAt = deps.now();
  return takeStep(deps, id, ({ content }) => {
    const openedAt = content.openings?.[actor];
    if (openedAt === undefined) throw new Problem("review_not_opened");
    const from = Math.max(Date.parse(openedAt), latest[0]?.concludedAt.getTime() ?? 0);
    const seconds = Math.max(0, Math.round((concludedAt.getTime() - from) / 1000));
    const own: ConcludedReview = { reviewer: actor, result, seconds, concludedAt };
    const event = {
      kind: "review",
      at: concludedAt.toISOString(),
      decision,
      result,
      outcome,
      grounds,
    } as const;
    const recorded = {
      decision,
      result,
      outcome,
      reviewer: actor,
      seconds,
      ...(looksStamped([own, ...latest]) ? { flag: "rubber_stamping" } : {}),
    };
    return {
      action: "answer",
      by: "reviewer",
      name: reviewer,
      text: grounds,
      told: { result },
      content: { outcome: { result, outcome } },
      entries: [eventEntry(deps, file.key, event, { recorded, about: decision })],
      write: async (tx) => {
        await tx.insert(reviewTally).values({ id: deps.randomId(), model, version, ...own });
        if (result === "upheld") return;
        const subject = file.vaulted.subject.id;
        await tellRecipients(tx, deps, file.request, model, "decision.reviewed", {
          subject,
          decision,
          result,
          outcome,
        });
      },
    };
  });
}
