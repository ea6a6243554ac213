import { stream } from "hono/streaming";
import type { ToldCounterfactuals } from "../decisions/counterfactual-words.ts";
import type { Deps } from "../decisions/deps.ts";
import { timeOfHour } from "../decisions/times.ts";
import { accessAnswer, type Held, type HeldDecision, type Opening, openHeld } from "../subjects/access.ts";
import { accessProof } from "../subjects/access-proof.ts";
import { heldCounterfactuals } from "../subjects/held-counterfactuals.ts";
import { eraseOnRequest } from "../subjects/requests/erase-on-request.ts";
import type { RightsDeps } from "../subjects/requests/settings.ts";
import type { Api } from "./api.ts";
import { personOf } from "./requests.ts";
import * as schemas from "./schemas.ts";

const TAG = "My data";

const toldOpening = ({ hour, at, role, purpose, what, decision, logIndex }: Opening) => ({
  time: timeOfHour(hour),
  ...(at === undefined ? {} : { at }),
  role,
  purpose,
  what,
  decision,
  logIndex,
});

const newestFirst = <T extends { logIndex: number }>(items: T[]): T[] =>
  items.sort((a, b) => b.logIndex - a.logIndex);

/** A person's own reading stands under each of their keys; told together it is one. */
function onceEach(openings: Opening[]): Opening[] {
  const seen = new Set<string>();
  return openings.filter(({ at, what }) => {
    if (at === undefined) return true;
    const reading = `${at} ${what}`;
    if (seen.has(reading)) return false;
    seen.add(reading);
    return true;
  });
}

/** A decision with what would have changed it. */
export type MyDecision = HeldDecision & { counterfactuals: ToldCounterfactuals };

/** A person's decisions, what came after them and who opened them, over every purpose, newest first. */
export async function myDecisions(
  deps: Deps,
  subject: string,
): Promise<{ decisions: MyDecision[]; opened: Opening[] } & Pick<Held, "reviews" | "corrections">> {
  const held = await openHeld(deps, subject, "decisions");
  const mine = await Promise.all(
    held.map(async (one) => {
      const counterfactuals = await heldCounterfactuals(deps, one);
      return one.decisions.map((decision) => ({
        ...decision,
        counterfactuals: counterfactuals.get(decision.decision.id)!,
      }));
    }),
  );
  return {
    decisions: newestFirst(mine.flat()),
    opened: newestFirst(onceEach(held.flatMap(({ opened }) => opened))),
    reviews: newestFirst(held.flatMap(({ reviews }) => reviews)),
    corrections: newestFirst(held.flatMap(({ corrections }) => corrections)),
  };
}

/** The access answer as it is handed over. */
export async function myAccess(
  deps: Deps,
  who: { controller: string; dataProtectionOfficer: string },
  subject: string,
) {
  const answer = await accessAnswer(deps, who.controller, who.dataProtectionOfficer, subject);
  return {
    ...answer,
    purposes: answer.purposes.map((purpose) => ({ ...purpose, opened: purpose.opened.map(toldOpening) })),
  };
}

/** For customers: what was decided about me, everything held about me, and to be forgotten. */
export function subjectRoutes(
  api: Api,
  deps: RightsDeps,
  who: { controller: string; dataProtectionOfficer: string },
): void {
  api.route(
    {
      method: "get",
      path: "/v1/me/decisions",
      access: { scope: "subject" },
      mandate: "access_complete",
      tag: TAG,
      summary: "My decisions with their reasons, what would have changed them, and who opened them",
      answers: { 200: { description: "Newest first", schema: schemas.myDecisions } },
    },
    async ({ c, actor }) => {
      const { decisions, opened } = await myDecisions(deps, actor.subject);
      return c.json({ decisions, opened: opened.map(toldOpening) });
    },
  );

  api.route(
    {
      method: "get",
      path: "/v1/me/access",
      access: { scope: "subject", proof: 3 },
      mandate: "access_complete",
      tag: TAG,
      summary: "Everything held about me (LGPD 18 II, 19; GDPR 15)",
      answers: { 200: { description: "motivo-access/v2", schema: schemas.access } },
    },
    async ({ c, actor }) => {
      c.header("content-disposition", 'attachment; filename="motivo-access.json"');
      return c.json(await myAccess(deps, who, actor.subject));
    },
  );

  api.route(
    {
      method: "get",
      path: "/v1/me/access/proof",
      access: { scope: "subject", proof: 3 },
      tag: TAG,
      summary:
        "The same in a form that I can check offline, complete or not, with `node audit/cli.ts verify`",
      answers: { 200: { description: "motivo-access-proof/v1", mediaType: "application/x-ndjson" } },
    },
    async ({ c, actor }) => {
      c.header("content-type", "application/x-ndjson");
      c.header("content-disposition", 'attachment; filename="motivo-access-proof.ndjson"');
      return stream(c, async (out) => {
        for await (const line of accessProof(deps, actor.subject)) await out.write(line);
      });
    },
  );

  api.route(
    {
      method: "delete",
      path: "/v1/me",
      access: { scope: "subject", proof: 3 },
      mandate: "erasure",
      tag: TAG,
      summary: "Erase me, as far as each purpose's legal basis allows (LGPD 18 IV, VI; GDPR 17)",
      description:
        "What was erased and what was refused, each refusal with its article. 409 `erasure_refused` when nothing could be erased.",
      answers: { 200: { description: "What was done", schema: schemas.erasure } },
      problems: ["nothing_held", "erasure_refused"],
    },
    async ({ c, actor }) => c.json(await eraseOnRequest(deps, personOf(actor))),
  );
}
