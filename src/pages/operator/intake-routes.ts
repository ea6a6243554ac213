import { z } from "zod";
import { Problem, type ProblemCode } from "../../errors.ts";
import { ASKED_WITH, words } from "../../http/request-schemas.ts";
import { INPUT_CODES } from "../../models/inputs.ts";
import { oldestReceipt } from "../../subjects/requests/intake.ts";
import { type Asked, CHANNELS } from "../../subjects/requests/request.ts";
import {
  DECISION_RIGHTS,
  PURPOSE_RIGHTS,
  REQUEST_RIGHTS,
  type RequestRight,
} from "../../subjects/requests/rights.ts";
import { inputsOf, readTyped } from "../product/form.ts";
import type { Mount, Visit } from "../visit.ts";
import { formOf, type LogLine, type OperatorDeps } from "./desk.ts";
import { type IntakeField, type IntakeView, intakePage } from "./intake.ts";

/** Refusals that leave the operator at the form with what they typed. */
const AT_THE_FORM: readonly ProblemCode[] = [
  "proof_level_too_low",
  "nothing_held",
  "unknown_decision",
  "decision_superseded",
  "decision_erased",
  "invalid_request",
  ...INPUT_CODES,
];

const taken = z.object({
  right: z.enum(REQUEST_RIGHTS),
  subject: z.string().trim().min(1).max(200),
  channel: z.enum(CHANNELS),
  receivedOn: z.iso.date(),
  proof: z.enum(["1", "2", "3"]).transform((level) => Number(level) as 1 | 2 | 3),
  evidence: words(4000),
});

/** Under which field of the page something that was asked is wrong. */
const FIELD_OF: Record<string, IntakeField> = { contact: "email", inputs: "decision" };

/** What a right is asked with, out of the fields that it has a use for; the others are left out. */
function askedOf(right: RequestRight, typed: Readonly<Record<string, string>>) {
  const given = (name: string) => ((typed[name] ?? "").trim() === "" ? undefined : typed[name]!.trim());
  const [statement, email, decision, model, because] = [
    "statement",
    "email",
    "decision",
    "model",
    "because",
  ].map(given);
  return {
    ...(statement === undefined ? {} : { statement }),
    ...(email === undefined ? {} : { contact: { email } }),
    ...(DECISION_RIGHTS.has(right) ? { decision: decision ?? "" } : {}),
    ...(PURPOSE_RIGHTS.has(right) && model !== undefined ? { model } : {}),
    ...(right === "restriction" ? { because: because ?? "" } : {}),
    ...(right === "consent_revocation" && typed.erase === "yes" ? { erase: true } : {}),
  };
}

/** Requests that came by letter, e-mail, telephone or at the counter. */
export function mountIntake(mount: Mount, deps: OperatorDeps, logLine: LogLine): void {
  const { operator } = deps;
  const shown = async ({ scene, show }: Visit, more: Partial<IntakeView>, status: 200 | 422) => {
    const { today } = operator.place();
    const [models, log] = await Promise.all([operator.models(), logLine()]);
    const typed = { receivedOn: today, ...more.typed };
    const view = { ...more, typed, today, oldest: oldestReceipt(today), models, log };
    return show(intakePage(scene, { wrong: [], refused: null, contract: null, ...view }), status);
  };

  mount("get", "/operator/intake", (visit) => shown(visit, {}, 200));

  mount("post", "/operator/intake", async (visit) => {
    const { c, scene, actor } = visit;
    const typed = await formOf(deps, visit);
    const read = taken.safeParse(typed);
    const wrong = new Set<IntakeField>(
      (read.error?.issues ?? []).map(({ path: [first] }) => String(first) as IntakeField),
    );
    if (!read.success) return shown(visit, { typed, wrong: [...wrong] }, 422);
    const { right, subject, channel, receivedOn, proof, evidence } = read.data;
    // The fields of a correction are its package's: they come with the decision.
    const decision = z.uuid().safeParse((typed.decision ?? "").trim());
    const contract =
      right === "correction" && decision.success ? await operator.decisionContract(decision.data) : null;
    const inputs = contract ? inputsOf(contract, readTyped(contract, typed)) : {};
    const asked = ASKED_WITH[right].safeParse({
      ...askedOf(right, typed),
      language: scene.language,
      ...(right === "correction" ? { inputs } : {}),
    });
    const view = { typed, contract };
    if (!asked.success) {
      // Not yet asked for, and no fault: the fields were not there to be filled in.
      const firstTime = contract !== null && !Object.keys(typed).some((name) => name.startsWith("input:"));
      const fields = asked.error.issues.map(({ path: [first] }) => String(first));
      if (firstTime && fields.every((field) => field === "inputs")) return shown(visit, view, 200);
      return shown(
        visit,
        { ...view, wrong: fields.map((field) => FIELD_OF[field] ?? (field as IntakeField)) },
        422,
      );
    }
    try {
      const answer = await operator.takeDown(
        actor,
        right,
        { subject, channel, receivedOn, proof, evidence },
        asked.data as Asked,
      );
      return c.redirect(`/operator/requests/${answer.id}?done=${answer.created ? "step" : "open"}`, 303);
    } catch (error) {
      if (!(error instanceof Problem && AT_THE_FORM.includes(error.code))) throw error;
      const ofReceipt = error.faults.some(({ pointer }) => pointer === "/receivedOn");
      return shown(visit, { ...view, ...(ofReceipt ? { wrong: ["receivedOn"] } : { refused: error }) }, 422);
    }
  });
}
