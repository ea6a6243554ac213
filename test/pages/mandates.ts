import { Problem } from "../../src/errors.ts";
import type { GivenMandate, MandateVerbs, ShownMandate } from "../../src/pages/customer/mandate-deps.ts";
import type { PagesDeps } from "../../src/pages/deps.ts";
import type { RequestRight } from "../../src/subjects/requests/rights.ts";

// Mandates at the made-up bank: one that the customer holds, one that they gave, one that was ended.

export const HELD_ID = "6f1c2c52-0f6e-4a53-9d52-3f2f3f0f1a10";
export const REPRESENTED = "Rosa Lima Teixeira";
const RIGHTS: RequestRight[] = [
  "access_complete",
  "review",
  "correction",
  "objection",
  "erasure",
  "explanation",
];

const shown = (id: string, name: string | null, more: Partial<ShownMandate> = {}): ShownMandate => ({
  id,
  reference: "5b0c93f1a1e84f0f9d7a0b7c55e2f310",
  name,
  rights: RIGHTS,
  recordedAt: "2026-03-10T13:00:00.000Z",
  until: "2026-12-31",
  inForce: true,
  revoked: null,
  ...more,
});
const evidence = { sha256: "5e".repeat(32), note: "Procuração pública, livro 12, folha 40; pasta 2026-17" };
const given: GivenMandate[] = [
  {
    ...shown("00000002-0000-4000-b000-000000000000", "Dra. Helena Prado"),
    evidence,
    uses: [
      { at: "2026-08-19T15:04:00.000Z", what: "POST /v1/me/requests/review" },
      { at: "2026-08-19T15:01:00.000Z", what: "GET /me/decisions/:id" },
      { at: "2026-08-19T15:00:00.000Z", what: "GET /me" },
    ],
  },
  {
    ...shown("00000003-0000-4000-b000-000000000000", null, {
      inForce: false,
      revoked: { at: "2026-05-02T12:00:00.000Z", by: "person" },
    }),
    evidence,
    uses: [],
  },
];

/** @param calls what was done, for the tests to look at */
export function mandatesOfBank(
  calls: { verb: string; with: unknown }[],
): Required<Pick<PagesDeps, "actUnder">> & { mandates: MandateVerbs } {
  return {
    mandates: {
      mine: async () => ({ given, held: [shown(HELD_ID, REPRESENTED)] }),
      async choose(_actor, id) {
        if (id !== HELD_ID) throw new Problem("unknown_mandate");
        const { recordedAt, until } = shown(id, REPRESENTED);
        return { mandate: id, name: REPRESENTED, recordedAt, until, rights: RIGHTS };
      },
      async end(_actor, id) {
        calls.push({ verb: "endMandate", with: id });
      },
    },
    async actUnder(actor, mandate, need, what) {
      if (mandate !== HELD_ID) throw new Problem("unknown_mandate");
      if (need !== null && !RIGHTS.includes(need)) throw new Problem("mandate_out_of_scope");
      calls.push({ verb: "actUnder", with: what });
      const person = "pessoa-representada";
      const representation = { mandate, representative: actor.subject, person, rights: new Set(RIGHTS) };
      return { ...actor, subject: person, representation };
    },
  };
}
