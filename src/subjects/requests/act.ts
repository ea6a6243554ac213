import { Problem } from "../../errors.ts";
import { localDay } from "../deadlines/days.ts";
import { clocksOf } from "./clocks.ts";
import { articlesOf, type GroundCode } from "./grounds.ts";
import { isSentByHand, type OpenedRequest, timedSteps } from "./request.ts";
import type { RightsDeps } from "./settings.ts";
import { liftStops } from "./stops.ts";
import { type StepAsked, takeStep } from "./take-step.ts";

/** Who acts: an operator by name, or the person themselves. */
export type Acting =
  | { by: "operator"; name: string }
  | { by: "person"; subject: string }
  | { by: "representative"; subject: string; who: string };

const ownOnly = (request: OpenedRequest, who: Acting): void => {
  if (who.by !== "operator" && request.content.subject !== who.subject) throw new Problem("unknown_request");
};

const acting = (who: Acting): Pick<StepAsked, "by" | "name" | "who"> => {
  if (who.by === "operator") return { by: who.by, name: who.name };
  return who.by === "person" ? { by: who.by } : { by: who.by, who: who.who };
};

/**
 * A step that nothing but the state decides: `start`, `ask_identity`, `ask_clarification`, `clarify`, `cancel`.
 * @throws Problem unknown_request, illegal_transition
 */
export async function moveRequest(
  deps: RightsDeps,
  id: string,
  who: Acting,
  action: "start" | "ask_identity" | "confirm_identity" | "ask_clarification" | "clarify" | "cancel",
  text?: string,
): Promise<OpenedRequest> {
  return takeStep(deps, id, (request) => {
    ownOnly(request, who);
    return {
      action,
      ...acting(who),
      ...(text === undefined ? {} : { text }),
      // A request that is taken back stops nothing any more.
      ...(action === "cancel"
        ? { content: { stopped: [] }, write: async (tx) => void (await liftStops(tx, id)) }
        : {}),
    };
  });
}

/**
 * Tells the person that the answer will take up to three months from receipt, and why (GDPR 12(3)). Told within the
 * first month, whose rolled-over last day counts; the clocks of other laws run on.
 * @throws Problem no_extension, extension_too_late, illegal_transition
 */
export async function extendRequest(
  deps: RightsDeps,
  id: string,
  operator: string,
  reason: string,
): Promise<OpenedRequest> {
  return takeStep(deps, id, ({ right, receivedAt, content }) => {
    if (!content.regimes.includes("gdpr"))
      throw new Problem("no_extension", "GDPR 12(3) alone knows an extension, and it does not run here");
    const past = timedSteps(content);
    const [clock] = clocksOf(deps.rights, { right, receivedAt, regimes: ["gdpr"] }, past);
    const today = localDay(deps.now(), deps.rights.timeZone);
    if (clock?.due && today > clock.due)
      throw new Problem("extension_too_late", `GDPR 12(3): it was to be told by ${clock.due}`);
    return { action: "extend", by: "operator", name: operator, text: reason, articles: ["GDPR 12(3)"] };
  });
}

/**
 * Refuses, with the ground's articles under every law that the request runs under (GDPR 12(4), LGPD 18 §4 II). What an
 * objection had stopped goes on.
 * @throws Problem ground_not_applicable, illegal_transition
 */
export async function refuseRequest(
  deps: RightsDeps,
  id: string,
  operator: string,
  refusal: { ground: GroundCode; reason: string },
): Promise<OpenedRequest> {
  return takeStep(deps, id, ({ right, content }) => {
    const articles = articlesOf(refusal.ground, right, content.regimes);
    if (articles.length === 0) throw new Problem("ground_not_applicable");
    return {
      action: "refuse",
      by: "operator",
      name: operator,
      text: refusal.reason,
      ground: refusal.ground,
      articles,
      content: { stopped: [] },
      write: async (tx) => void (await liftStops(tx, id)),
    };
  });
}

/** Whether an operator's words are the answer. */
export const isAnsweredInWords = (request: OpenedRequest): boolean =>
  request.right === "objection" || isSentByHand(request);

/**
 * Answers an objection: the purpose stays stopped; or says that what was asked for by letter was sent. Corrections are
 * answered by `acceptCorrection`, reviews by a reviewer, everything else by the service.
 * @throws Problem human_answer_needed, illegal_transition
 */
export async function answerRequest(
  deps: RightsDeps,
  id: string,
  operator: string,
  text: string,
): Promise<OpenedRequest> {
  return takeStep(deps, id, (request) => {
    if (!isAnsweredInWords(request)) throw new Problem("human_answer_needed");
    return { action: "answer", by: "operator", name: operator, text };
  });
}
