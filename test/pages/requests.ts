import { Problem } from "../../src/errors.ts";
import type { Contract } from "../../src/models/contract.ts";
import type { OwnRequest, RequestVerbs } from "../../src/pages/customer/request-deps.ts";
import { PROOF_OF, type RequestRight } from "../../src/subjects/requests/rights.ts";

// Requests of a customer of the made-up bank, as they stand on 20 August 2026.

const id = (n: number) => `0000000${n}-0000-4000-a000-000000000000`;
export const ASKED_SOMETHING_ID = id(3);
export const REFUSED_REQUEST_ID = id(4);
export const STOPPING_ID = id(5);
const CALENDAR = "date-holidays BR";

/** @param first the first one's id, for routes whose address holds one */
export function requestsOfBank(
  calls: { verb: string; with: unknown }[],
  { contract, decision, first }: { contract: Contract; decision: string; first: string },
): RequestVerbs {
  const told = (
    one: Partial<OwnRequest> & Pick<OwnRequest, "id" | "right" | "received">,
    rule: string,
    asked: NonNullable<OwnRequest["words"]>["asked"],
    later: NonNullable<OwnRequest["words"]>["steps"] = [],
  ): OwnRequest => {
    const clock = {
      regime: "lgpd" as const,
      due: one.due ?? null,
      ...(one.target ? { target: one.target } : {}),
      rule,
      calendar: CALENDAR,
    };
    const received = {
      at: `${one.received}T12:00:00.000Z`,
      action: "receive" as const,
      state: "received" as const,
      by: "person" as const,
      clocks: [clock],
      logIndex: 90,
    };
    return {
      reference: "6d0c93f1a1e84f0f9d7a0b7c55e2f310",
      state: "in_progress",
      due: null,
      target: null,
      forgetAt: null,
      closed: null,
      clocks: [clock],
      stoppedSince: null,
      needs: PROOF_OF[one.right],
      words: { asked, steps: [received, ...later], outcome: undefined },
      ...one,
    };
  };
  const step = (
    at: string,
    action: "ask_clarification" | "answer" | "refuse" | "extend",
    state: OwnRequest["state"],
    more: {
      by: "operator" | "reviewer" | "service";
      text?: string;
      ground?: "accurate";
      articles?: string[];
    },
  ) => ({ at: `${at}T15:00:00.000Z`, action, state, clocks: [], logIndex: 101, ...more });

  const all: OwnRequest[] = [
    told(
      { id: first, right: "review", received: "2026-08-20", target: "2026-08-30" },
      "LGPD 20: no period in the law",
      { decision, statement: "Meu contrato de trabalho mudou em julho." },
    ),
    told(
      { id: id(2), right: "access_complete", received: "2026-08-12", due: "2026-08-27", state: "extended" },
      "LGPD 19 II: 15 days from the request",
      {},
      [step("2026-08-14", "extend", "extended", { by: "operator", text: "São muitas decisões." })],
    ),
    told(
      {
        id: ASKED_SOMETHING_ID,
        right: "objection",
        received: "2026-08-10",
        state: "clarification_pending",
        stoppedSince: "2026-08-17",
      },
      "GDPR 12(3) with 21: the clock stands still (clarification needed, recital 63)",
      { statement: "Não quero que usem minha idade." },
      [
        step("2026-08-17", "ask_clarification", "clarification_pending", {
          by: "operator",
          text: "Você se opõe a um uso ou a todos?",
        }),
      ],
    ),
    told(
      {
        id: REFUSED_REQUEST_ID,
        right: "correction",
        received: "2026-08-05",
        closed: "2026-08-06",
        state: "refused",
        target: "2026-08-20",
        forgetAt: new Date("2027-02-02T00:00:00Z"),
      },
      "LGPD 18 III and §5: no period in the law",
      { decision, inputs: { duration_months: 24 }, statement: "O prazo era de 24 meses." },
      [
        step("2026-08-06", "refuse", "refused", {
          by: "operator",
          text: "O contrato diz 30 meses.",
          ground: "accurate",
          articles: ["LGPD 18 III"],
        }),
      ],
    ),
    told(
      {
        id: STOPPING_ID,
        right: "restriction",
        received: "2026-08-01",
        closed: "2026-08-01",
        state: "answered",
        target: "2026-08-16",
      },
      "LGPD 18 IV and §5: no period in the law",
      { because: "accuracy_contested" },
      [step("2026-08-01", "answer", "answered", { by: "service" })],
    ),
    told(
      { id: id(6), right: "erasure", received: "2026-07-20", due: "2026-08-18" },
      "Lei 12.414 art. 5: 2 working days",
      {},
    ),
  ];
  const seen = (request: OwnRequest, proof: number): OwnRequest =>
    proof >= request.needs ? request : { ...request, words: null };
  const said = (verb: string, what: unknown) => void calls.push({ verb, with: what });
  const use = (right: RequestRight) => ({
    model: contract.name,
    title: contract.title,
    purpose: Object.values(contract.purposes)[0]!.text,
    given: right !== "consent_revocation",
    articles: right === "consent_revocation" ? ["LGPD 8 §5 and 18 IX"] : ["LGPD 18 §2"],
  });

  return {
    place: () => ({ today: "2026-08-20", tellsByMail: true }),
    mine: async ({ proof }) => all.map((request) => seen(request, proof)),
    async find({ proof }, wanted) {
      const found = all.find((request) => request.id === wanted);
      if (!found) throw new Problem("unknown_request");
      return {
        ...seen(found, proof),
        about: { model: contract.name, version: 1 },
        stops: wanted === STOPPING_ID,
      };
    },
    stops: async () => [{ kind: "restriction", model: contract.name, request: STOPPING_ID }],
    uses: async (_actor, right) => [use(right)],
    async ask(_actor, right, asked) {
      said("ask", { right, ...asked });
      return { id: first, created: true };
    },
    async recipients() {
      said("recipients", null);
      return [{ title: contract.title, clients: ["aurora-app"], told: ["bureau-de-credito"] }];
    },
    async step(_actor, of, taken, text) {
      said("step", { of, taken, text });
    },
  };
}
