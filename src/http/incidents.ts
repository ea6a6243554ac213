import { z } from "zod";
import { isWithinCalendars } from "../subjects/deadlines/calendar.ts";
import { incidentDeadlines } from "../subjects/deadlines/incident.ts";
import { type IncidentAsked, incidentPeople, incidentScope, MOST_PEOPLE } from "../subjects/incident.ts";
import type { RightsDeps } from "../subjects/requests/settings.ts";
import type { Api } from "./api.ts";
import { modelName, versionNumber } from "./schemas.ts";

const TAG = "Operation";
const access = { scope: "operator" } as const;
const instant = z.iso
  .datetime({ offset: true })
  .refine((value) => isWithinCalendars(new Date(value)), "a time from 1970 to 2199");

const asked = {
  from: instant.meta({ description: "counted in whole hours, as the log's entries are" }),
  to: instant,
  model: modelName.optional(),
  version: versionNumber.optional().meta({ description: "needs its model" }),
  actor: z.string().min(1).max(200).optional().meta({
    description: "a client, the name in a token, or a pseudonym of the log's entries (16 hex digits)",
  }),
};

const readAsked = ({
  from,
  to,
  ...rest
}: {
  from: string;
  to: string;
  model?: string | undefined;
  version?: number | undefined;
  actor?: string | undefined;
}): IncidentAsked => ({
  from: new Date(from),
  to: new Date(to),
  ...(Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as Pick<
    IncidentAsked,
    "model" | "version" | "actor"
  >),
});

/** For operators: which people and which data an incident touched, by when it is told, and whom. */
export function incidentRoutes(api: Api, deps: RightsDeps): void {
  api.route(
    {
      method: "post",
      path: "/v1/incidents/scope",
      access,
      tag: TAG,
      summary: "Which people and data a period, a model or somebody touched, in counts; by when it is told",
      description: "Opens nobody. That it was asked is on the record.",
      body: z.strictObject({
        ...asked,
        aware: instant.optional().meta({ description: "when the controller knew; absent: now" }),
      }),
      answers: {
        200: {
          description: "Counts, and deadlines under each law",
          schema: z.object({
            made: z.int().meta({ description: "decisions made in the period" }),
            opened: z.int().meta({ description: "other decisions opened in it" }),
            gone: z.int().meta({ description: "erased since: whose they were cannot be told" }),
            lists: z.int().meta({ description: "readings of lists and exports: anonymised, possibly all" }),
            requests: z.int().meta({ description: "requests of data subjects opened" }),
            people: z.int(),
            byVersion: z.array(
              z.object({ model: z.string(), version: z.int(), decisions: z.int(), people: z.int() }),
            ),
            deadlines: z.array(
              z.object({
                regime: z.enum(["gdpr", "lgpd", "lgpd_small_agent"]),
                at: z.iso.datetime().nullable().meta({ description: "where the law counts hours" }),
                day: z.iso.date().nullable().meta({ description: "where it counts days: the last one" }),
                peopleToo: z.boolean(),
                rule: z.string(),
              }),
            ),
          }),
        },
      },
      problems: ["invalid_request", "unknown_model", "unknown_version"],
    },
    async ({ c, actor, body: { aware, ...rest } }) => {
      const scope = await incidentScope(deps, actor.subject, readAsked(rest));
      const deadlines = incidentDeadlines(aware === undefined ? deps.now() : new Date(aware), deps.rights);
      return c.json({
        ...scope,
        deadlines: deadlines.map((one) => ({ ...one, at: one.at?.toISOString() ?? null })),
      });
    },
  );

  api.route(
    {
      method: "post",
      path: "/v1/incidents/people",
      access,
      tag: TAG,
      summary: "The ids of the people that an incident touched, to tell them (LGPD 48, GDPR 34)",
      description: `At most ${MOST_PEOPLE}. Each opening is on the record under a decision of the person, who reads it among those who opened their data.`,
      body: z.strictObject(asked),
      answers: { 200: { description: "Ids", schema: z.object({ people: z.array(z.string()) }) } },
      problems: ["invalid_request", "unknown_model", "unknown_version"],
    },
    async ({ c, actor, body }) =>
      c.json({ people: await incidentPeople(deps, actor.subject, readAsked(body)) }),
  );
}
