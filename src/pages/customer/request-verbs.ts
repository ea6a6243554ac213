import { Problem } from "../../errors.ts";
import { actingOf, personOf } from "../../http/requests.ts";
import { type Actor, HIGHEST_PROOF } from "../../http/tokens.ts";
import { localDay } from "../../subjects/deadlines/days.ts";
import { needRight } from "../../subjects/mandates/act-under.ts";
import { mandatesOf } from "../../subjects/mandates/find-mandates.ts";
import { openVaulted } from "../../subjects/own-decision.ts";
import { moveRequest } from "../../subjects/requests/act.ts";
import { stoppedSince } from "../../subjects/requests/agenda.ts";
import type { recipientsOf } from "../../subjects/requests/disclosures.ts";
import { findOwnRequest, needProof, openRequest, proofFor } from "../../subjects/requests/open-request.ts";
import { purposesOf, ruled } from "../../subjects/requests/purposes.ts";
import { isSentByHand, type OpenedRequest, type StepTaken } from "../../subjects/requests/request.ts";
import { requestsOf } from "../../subjects/requests/requests-of.ts";
import { PROOF_OF } from "../../subjects/requests/rights.ts";
import type { RightsDeps } from "../../subjects/requests/settings.ts";
import { hasStop, liftRestriction, stopsOf } from "../../subjects/requests/stops.ts";
import type { OwnRequest, RequestVerbs } from "./request-deps.ts";

/** A lifted stop lets data be used again, as asking for one takes it away (`DELETE /v1/me/restrictions/{id}`). */
const LIFT_PROOF = PROOF_OF.restriction;

/** The verbs of the JSON routes, asked by the pages. */
export function requestVerbs(deps: RightsDeps): RequestVerbs {
  const { rights } = deps;
  const told = (request: OpenedRequest, { proof }: Actor): OwnRequest => {
    const { right, content, receivedAt, closedAt } = request;
    const { id, reference, state, due, target, forgetAt } = request;
    const needs = proofFor(right, content.asked);
    const { asked, steps, outcome } = content;
    const waits = state === "identity_pending" || state === "clarification_pending";
    return {
      ...{ id, reference, right, state, due, target, forgetAt, needs },
      received: localDay(receivedAt, rights.timeZone),
      channel: content.channel,
      byHand: isSentByHand(request),
      closed: closedAt && localDay(closedAt, rights.timeZone),
      clocks: steps.at(-1)?.clocks ?? [],
      stoppedSince: waits ? stoppedSince(content, rights.timeZone) : null,
      words: proof >= needs ? { asked, steps, outcome } : null,
    };
  };
  const own = async (actor: Actor, id: string) => {
    const found = await findOwnRequest(deps, actor.subject, id);
    needProof(found.right, found.content.asked, actor.proof);
    if (actor.representation) needRight(actor.representation, found.right, found.content.asked);
  };
  /** What the person's mandates call those who act for them, by id. */
  const namesFor = async ({ subject }: Actor): Promise<Map<string, string>> =>
    new Map(
      (await mandatesOf(deps, "person", subject)).flatMap(({ content: { representative, names } }) =>
        names ? [[representative, names.representative] as const] : [],
      ),
    );
  /** An organisation is called by its domain, a representative by the name in the mandate, and by no id. */
  const named = ({ by, who, ...step }: StepTaken, names: ReadonlyMap<string, string>): StepTaken => {
    const shown = by === "representative" ? names.get(who ?? "") : who;
    return { ...step, by, ...(shown === undefined ? {} : { who: shown }) };
  };

  return {
    place: () => ({ today: localDay(deps.now(), rights.timeZone), tellsByMail: rights.tellsByMail }),
    mine: async (actor) =>
      (await requestsOf(deps, actor.subject))
        .filter(({ right }) => actor.representation?.rights.has(right) ?? true)
        .map((request) => told(request, actor)),
    async find(actor, id) {
      const found = await findOwnRequest(deps, actor.subject, id);
      if (actor.representation) needRight(actor.representation, found.right, found.content.asked);
      const request = told(found, actor);
      const { decision } = found.content.asked;
      // For the package's words alone: nothing of what is opened is shown.
      const opened = decision === undefined || !request.words ? null : await openVaulted(deps, decision);
      const about = opened && {
        model: opened.vaulted.decision.model,
        version: opened.vaulted.decision.version,
      };
      const names = await namesFor(actor);
      const words = request.words && {
        ...request.words,
        steps: request.words.steps.map((step) => named(step, names)),
      };
      return { ...request, words, about, stops: await hasStop(deps.db, id) };
    },
    async stops(actor) {
      const stops = await stopsOf(deps, actor.subject);
      const { representation } = actor;
      if (!representation) return stops;
      const own = await requestsOf(deps, actor.subject);
      return stops.filter(({ request }) =>
        own.some(({ id, right }) => id === request && representation.rights.has(right)),
      );
    },
    async uses({ subject }, right) {
      const held = await purposesOf(deps, subject);
      const models = [...new Set(held.map(({ contract }) => contract.name))];
      return models.map((model) => {
        const of = held.filter(({ contract }) => contract.name === model);
        const { applies, articles, refused } = ruled(rights.regimes, right, of);
        const { title, purposes } = of[0]!.contract;
        const given = applies.length > 0;
        return {
          model,
          title,
          purpose: Object.values(purposes)[0]!.text,
          given,
          articles: given ? articles : [...new Set(refused.flatMap((each) => each.articles))],
        };
      });
    },
    async ask(actor, right, asked) {
      const { request, created } = await openRequest(deps, personOf(actor), right, asked);
      return { id: request.id, created };
    },
    async recipients(actor) {
      const { result } = await openRequest(deps, personOf(actor), "recipients", {});
      // One that a crash left open is gone through with by the schedule.
      if (result === undefined) throw new Problem("not_ready");
      const { purposes } = result as Awaited<ReturnType<typeof recipientsOf>>;
      const held = await purposesOf(deps, actor.subject);
      return purposes.map(({ model, clients, told: recipients }) => ({
        title: held.find(({ contract }) => contract.name === model)?.contract.title ?? {
          "pt-BR": model,
          en: model,
        },
        clients,
        told: recipients,
      }));
    },
    async step(actor, id, step, text) {
      await own(actor, id);
      const acting = actingOf(actor);
      const who = { by: "person", subject: actor.subject } as const;
      // Nobody says for somebody else who they are, or lets their data be used again.
      if (actor.representation && (step === "identity" || step === "lift"))
        throw new Problem("mandate_not_accepted");
      switch (step) {
        case "cancel":
          await moveRequest(deps, id, acting, "cancel");
          break;
        case "clarification":
          await moveRequest(deps, id, acting, "clarify", text);
          break;
        case "identity":
          if (actor.proof < HIGHEST_PROOF) throw new Problem("proof_level_too_low");
          await moveRequest(deps, id, who, "confirm_identity");
          break;
        case "lift":
          if (actor.proof < LIFT_PROOF) throw new Problem("proof_level_too_low");
          await liftRestriction(deps, id, who);
          break;
      }
    },
  };
}
