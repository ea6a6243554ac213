import { z } from "zod";
import { Problem, type ProblemCode } from "../../errors.ts";
import { ASKED_WITH, words as wordsOf } from "../../http/request-schemas.ts";
import { INPUT_CODES } from "../../models/inputs.ts";
import { needRight } from "../../subjects/mandates/act-under.ts";
import type { Asked } from "../../subjects/requests/request.ts";
import { PROOF_OF } from "../../subjects/requests/rights.ts";
import { contractReader } from "../contract-reader.ts";
import type { PagesDeps } from "../deps.ts";
import { fieldsOf } from "../form-fields.ts";
import { inputsOf } from "../product/form.ts";
import type { Scene } from "../scene.ts";
import type { Mount, Visit } from "../visit.ts";
import { type AskView, askPage, type Chosen, MOST_CHOICES, recipientsPage, type WrongField } from "./ask.ts";
import { requestPage } from "./request.ts";
import { FORM_RIGHTS, type FormRight, PERSONS_STEPS } from "./request-deps.ts";
import { requestsPage } from "./requests.ts";

type Deps = Pick<PagesDeps, "requests" | "sessions" | "contract" | "myNewest" | "myChosen" | "wayToProof">;

/** Refusals that leave the person at the form with what they typed; the others are pages of their own. */
const AT_THE_FORM: readonly ProblemCode[] = [
  "decision_superseded",
  "decision_erased",
  "missing_feature",
  ...INPUT_CODES,
];

/** A person's requests: how they stand, a form for each right, and the steps that are the person's own. */
export function mountRequests(mount: Mount, deps: Deps): void {
  const { requests, sessions } = deps;
  const formOf = async ({ c, session }: Visit): Promise<Record<string, string>> => {
    const form = fieldsOf(await c.req.parseBody());
    sessions.checkCsrf(session!, form.csrf);
    return form;
  };

  mount("get", "/me/requests", async ({ scene, actor, show }) => {
    const [mine, stops] = await Promise.all([requests.mine(actor), requests.stops(actor)]);
    const uses = stops.length === 0 ? [] : await requests.uses(actor, "restriction");
    const titles = new Map(uses.map(({ model, title }) => [model, title]));
    return show(requestsPage(scene, { today: requests.place().today, requests: mine, stops, titles }));
  });

  const showRequest = async (visit: Visit, id: string, unanswered?: string) => {
    const { c, scene, actor } = visit;
    const request = await requests.find(actor, id);
    const needs = request.state === "identity_pending" ? 3 : request.needs;
    const done = (["asked", "open", "moved"] as const).find((one) => one === c.req.query("done")) ?? null;
    const view = {
      request,
      done,
      today: requests.place().today,
      contract: request.about && (await deps.contract(request.about.model, request.about.version)),
      stops: request.stops,
      prove: actor.proof >= needs ? null : (deps.wayToProof?.(needs, `/me/requests/${id}`) ?? null),
      ...(unanswered === undefined ? {} : { unanswered }),
    };
    return visit.show(
      requestPage({ ...scene, here: `/me/requests/${id}` }, view),
      unanswered === undefined ? 200 : 422,
    );
  };

  mount("get", "/me/requests/:id", (visit) => showRequest(visit, visit.c.req.param("id") ?? ""));

  mount("post", "/me/requests/:id/:step", async (visit) => {
    const { c, actor } = visit;
    const form = await formOf(visit);
    const id = c.req.param("id") ?? "";
    const step = PERSONS_STEPS.find((one) => one === c.req.param("step"));
    if (step === undefined) throw new Problem("not_found");
    const said = wordsOf(4000).safeParse(form.text);
    if (step === "clarification" && !said.success) return showRequest(visit, id, form.text ?? "");
    await requests.step(actor, id, step, said.success ? said.data : "");
    return c.redirect(`/me/requests/${id}?done=moved`, 303);
  });

  for (const right of FORM_RIGHTS) {
    const path = `/me/ask/${right}` as const;
    mount("get", path, async (visit) => {
      const view = await viewOf(deps, visit, right, { decision: visit.c.req.query("decision") ?? "" });
      return visit.show(askPage(sceneAbout(visit.scene, path, view), view));
    });
    mount("post", path, async (visit) => {
      const { c, actor } = visit;
      const form = await formOf(visit);
      if (right === "recipients")
        return visit.show(recipientsPage(visit.scene, await requests.recipients(actor)));
      const again = async (more: Partial<AskView>, status: 409 | 422) => {
        const view = { ...(await viewOf(deps, visit, right, form)), ...more };
        return visit.show(askPage(sceneAbout(visit.scene, path, view), view), status);
      };
      if (right === "review" && !isId(form.decision)) return again({}, 422);
      // What a form holds is compared with what was used; nothing is opened for any other.
      const corrected = right === "correction" ? (await viewOf(deps, visit, right, form)).decision : null;
      if (right === "correction" && corrected === null) throw new Problem("unknown_decision");
      const { asked, wrong } = askedIn(right, form, visit.scene.language, corrected);
      if (asked === null) return again({ wrong }, 422);
      try {
        const made = await requests.ask(actor, right, asked);
        return c.redirect(`/me/requests/${made.id}?done=${made.created ? "asked" : "open"}`, 303);
      } catch (error) {
        if (!(error instanceof Problem && AT_THE_FORM.includes(error.code))) throw error;
        const faults = error.faults ?? [];
        const told = faults.length > 0 ? { wrong: ["inputs" as const], faults } : { refused: error.code };
        return again(told, error.status === 409 ? 409 : 422);
      }
    });
  }
}

/** Links for language and theme lead back to the form of this decision; what the address said is not repeated. */
const sceneAbout = (scene: Scene, path: string, { decision }: AskView): Scene =>
  decision === null ? scene : { ...scene, here: `${path}?decision=${decision.mine.decision.id}` };

/** What a form asks for, checked as the API checks it; null with the fields that are wrong. */
function askedIn(
  right: Exclude<FormRight, "recipients">,
  form: Readonly<Record<string, string>>,
  language: "pt-BR" | "en",
  decision: Chosen | null,
): { asked: Asked | null; wrong: WrongField[] } {
  const given = (name: string) => ((form[name] ?? "").trim() === "" ? undefined : form[name]);
  const { statement, email, because, model } = Object.fromEntries(
    ["statement", "email", "because", "model"].map((name) => [name, given(name)]),
  );
  const asked = {
    language,
    ...(statement === undefined || right === "consent_revocation" ? {} : { statement }),
    ...(email === undefined ? {} : { contact: { email: email.trim() } }),
    ...(right === "review" || right === "correction"
      ? { decision: form.decision }
      : model === undefined || model === "all"
        ? {}
        : { model }),
    ...(right === "restriction" ? { because } : {}),
    ...(right === "consent_revocation" && form.erase === "yes" ? { erase: true } : {}),
    ...(right === "correction" && decision ? { inputs: changedInputs(decision, form) } : {}),
  };
  const read = ASKED_WITH[right].safeParse(asked);
  if (read.success) return { asked: read.data as Asked, wrong: [] };
  const fields = read.error.issues.map(({ path: [first] }) =>
    first === "contact" ? "email" : String(first),
  );
  const wrong = (["inputs", "because", "statement", "email"] as const).filter((field) =>
    fields.includes(field),
  );
  // What the form itself gives (the use, the decision) does not come back wrong from a person.
  if (wrong.length === 0) throw new Problem("invalid_request");
  return { asked: null, wrong };
}

/** What differs from what the decision used, in the types that the package gives it. */
function changedInputs({ contract, mine }: Chosen, form: Readonly<Record<string, string>>) {
  const typed = Object.fromEntries(
    contract.features.map(({ name }) => [name, form[`input:${name}`] ?? String(mine.inputs[name] ?? "")]),
  );
  const read = inputsOf(contract, typed);
  return Object.fromEntries(
    contract.features.flatMap(({ name }) =>
      typed[name] === String(mine.inputs[name] ?? "") || read[name] === mine.inputs[name]
        ? []
        : [[name, read[name] ?? ""]],
    ),
  );
}

const id = z.uuid();
const isId = (value: string | undefined): value is string => id.safeParse(value).success;

/** What a form shows before it was sent, or with what was typed. */
async function viewOf(
  deps: Deps,
  { actor, c }: Visit,
  right: FormRight,
  typed: Readonly<Record<string, string>>,
): Promise<AskView> {
  const { requests } = deps;
  const ofDecision = right === "review" || right === "correction";
  // A representative whose mandate does not let them read decisions names one, and is shown nothing of it.
  const reads =
    !actor.representation ||
    actor.representation.rights.has("access_complete") ||
    actor.representation.rights.has("explanation");
  if (right === "correction" && actor.representation) needRight(actor.representation, "access_complete", {});
  const contractFor = contractReader(deps);
  const chosenOf = async (mine: Chosen["mine"]): Promise<Chosen> => ({
    mine,
    contract: await contractFor(mine.decision.model, mine.decision.version),
  });
  const chosen =
    ofDecision && reads && isId(typed.decision) ? await deps.myChosen(actor, typed.decision) : undefined;
  const items = ofDecision && reads && !chosen ? await deps.myNewest(actor, MOST_CHOICES) : [];
  const ofUse = right === "objection" || right === "restriction" || right === "consent_revocation";
  return {
    right,
    decision: chosen ? await chosenOf(chosen) : null,
    byNumber: ofDecision && !reads,
    choices: await Promise.all(items.map(chosenOf)),
    uses: ofUse ? await requests.uses(actor, right) : [],
    tellsByMail: requests.place().tellsByMail,
    typed,
    wrong: [],
    faults: [],
    refused: null,
    erasing: {
      allowed: actor.proof >= PROOF_OF.erasure,
      prove: deps.wayToProof?.(PROOF_OF.erasure, new URL(c.req.url).pathname) ?? null,
    },
  };
}
