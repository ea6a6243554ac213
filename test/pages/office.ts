import { Problem } from "../../src/errors.ts";
import type { Actor } from "../../src/http/tokens.ts";
import type { Contract } from "../../src/models/contract.ts";
import type { MyDecision } from "../../src/pages/deps.ts";
import type {
  OperatorStep,
  OperatorVerbs,
  ReviewerVerbs,
  ShownRequest,
} from "../../src/pages/operator/deps.ts";
import { calendarOf } from "../../src/subjects/deadlines/calendar.ts";
import { incidentDeadlines } from "../../src/subjects/deadlines/incident.ts";
import type { AgendaLine } from "../../src/subjects/requests/agenda.ts";
import { articlesOf, NAMEABLE_GROUNDS } from "../../src/subjects/requests/grounds.ts";
import type { RequestRight } from "../../src/subjects/requests/rights.ts";

// An office of the made-up bank: what its operators and reviewers would see on 20 August 2026.

const id = (n: number) => `${(n * 2_654_435).toString(16).padStart(8, "0")}-0000-4000-9000-000000000000`;
export const CORRECTION_ID = id(421);
export const REVIEW_ID = id(433);

function line(
  n: number,
  right: RequestRight,
  received: string,
  end: { due?: string; target?: string; stoppedSince?: string },
  rule: string,
): AgendaLine {
  const { due = null, target = null, stoppedSince = null } = end;
  const state = stoppedSince === null ? "in_progress" : "identity_pending";
  return { id: id(n), right, state, received, due, target, rule, stoppedSince, extended: false };
}

export const AGENDA: AgendaLine[] = [
  line(412, "access_complete", "2026-08-05", { due: "2026-08-20" }, "LGPD 19 II: 15 days"),
  line(421, "correction", "2026-08-12", { due: "2026-08-22" }, "Lei 12.414 art. 5 III: 10 days"),
  line(419, "access_complete", "2026-08-12", { due: "2026-08-27" }, "LGPD 19 II: 15 days"),
  line(425, "portability", "2026-08-16", { due: "2026-09-16" }, "GDPR 12(3) with 20; one month"),
  line(429, "objection", "2026-08-18", { due: "2026-09-18" }, "GDPR 12(3) with 21; one month"),
  line(433, "review", "2026-08-20", { target: "2026-08-30" }, "LGPD 20: no period in the law"),
  line(430, "erasure", "2026-08-18", { target: "2026-09-02" }, "LGPD 18 IV, VI and §5: no period in the law"),
  line(
    402,
    "access_complete",
    "2026-08-04",
    { stoppedSince: "2026-08-17" },
    "GDPR 12(3) with 15: the clock stands still",
  ),
];

function opened(
  { id: ofLine, right, state, received, due, target, rule }: AgendaLine,
  decision: string,
): ShownRequest {
  const at = `${received}T12:00:00.000Z`;
  const clocks = [
    {
      regime: "lgpd" as const,
      due: null,
      target: "2026-08-30",
      rule: rule ?? "",
      calendar: "date-holidays BR",
    },
    {
      regime: "gdpr" as const,
      due: "2026-09-14",
      rule: "GDPR 12(3) with 16; one month",
      calendar: "date-holidays BR",
    },
  ];
  return {
    id: ofLine,
    reference: "6d0c93f1a1e84f0f9d7a0b7c55e2f310",
    right,
    state,
    receivedAt: new Date(at),
    closedAt: null,
    due,
    target,
    content: {
      subject: "cliente-exemplo",
      proof: 3,
      asked: {
        statement: "Meu contrato de trabalho mudou em julho: são 4 anos na empresa, não 1.",
        decision,
        ...(right === "correction" ? { inputs: { duration_months: 24 } } : {}),
      },
      regimes: ["gdpr", "lgpd"],
      steps: [
        { at, action: "receive", state: "received", by: "person", clocks, logIndex: 61 },
        { at, action: "start", state: "in_progress", by: "operator", clocks, logIndex: 64 },
      ],
      stopped: [],
    },
  };
}

/** @param calls what was done, for the tests to look at */
export function officeOf(
  calls: { verb: string; with: unknown }[],
  { contract, mine, log }: { contract: Contract; mine: MyDecision; log: { size: number; root: string } },
): { operator: OperatorVerbs; reviewer: ReviewerVerbs } {
  const did = (verb: string, asked: unknown) => void calls.push({ verb, with: asked });
  const found = (which: string) => {
    const one =
      AGENDA.find((each) => each.id === which) ?? (which === mine.decision.id ? AGENDA[1] : undefined);
    if (one === undefined) throw new Problem("unknown_request");
    return one;
  };
  const operator: OperatorVerbs = {
    place: () => ({
      today: "2026-08-20",
      timeZone: "America/Sao_Paulo",
      calendar: "date-holidays 3.37.0 BR",
    }),
    agenda: async () => AGENDA,
    openCounts: async () => ({ all: AGENDA.length, reviews: 1 }),
    closedRequests: async () => [
      {
        id: id(371),
        right: "recipients",
        state: "answered",
        receivedAt: new Date("2026-08-01T10:00:00Z"),
        due: "2026-08-16",
        target: null,
      },
    ],
    async openRequest(_actor: Actor, which) {
      const asked = found(which);
      const steps: OperatorStep[] =
        asked.right === "correction"
          ? ["correct", "extend", "clarification", "identity", "refuse"]
          : ["extend", "refuse"];
      const grounds = NAMEABLE_GROUNDS.flatMap((code) => {
        const articles = articlesOf(code, asked.right, ["gdpr", "lgpd"]);
        return articles.length === 0 ? [] : [{ code, articles }];
      });
      return { request: opened(asked, mine.decision.id), steps, grounds, contract };
    },
    async takeStep(actor, which, step, given) {
      did("takeStep", { by: actor.subject, which, step, ...given });
      if (step === "extend" && given.text.includes("late")) throw new Problem("extension_too_late");
    },
    oversight: async () => ({
      all: { reviews: 118, overridden: 23, overrideRate: 23 / 118, medianSeconds: 840 },
      reviewers: [
        {
          reviewer: "9f3a51c07be2d418",
          reviews: 31,
          overridden: 0,
          overrideRate: 0,
          medianSeconds: 40,
          flags: ["rubber_stamping"],
        },
      ],
    }),
    holds: async () => [
      {
        id: id(1),
        model: "german-credit",
        ground: "Processo 0801-44, LGPD 16 I",
        until: "2026-09-12",
        placedAt: "2026-08-02T09:00:00Z",
      },
      {
        id: id(2),
        model: null,
        ground: "Guarda fiscal, LGPD 16 I",
        until: null,
        placedAt: "2026-01-02T09:00:00Z",
      },
    ],
    correctedContract: async () => contract,
    decisionContract: async (decision) => (decision === mine.decision.id ? contract : null),
    async takeDown(_actor, right, taken, asked) {
      did("takeDown", { right, ...taken, asked });
      return { id: CORRECTION_ID, created: true };
    },
    recordMandate: async (_actor, asked) => did("recordMandate", asked),
    findMandates: async (_actor, person) => [
      {
        id: id(501),
        reference: "5b0c93f1a1e84f0f9d7a0b7c55e2f310",
        person,
        representative: "advogada-07",
        names: { person: "Rosa Lima Teixeira", representative: "Dra. Helena Prado" },
        rights: ["access_complete", "review"],
        until: "2026-12-31",
        inForce: true,
        note: "Procuração pública, livro 12, folha 40; pasta 2026-17",
        uses: 3,
      },
    ],
    endMandate: async (_actor, which) => did("endMandate", which),
    placeHold: async (_actor, asked) => did("placeHold", asked),
    liftHold: async (_actor, which) => did("liftHold", which),
    models: async () => ["german-credit"],
    versions: async () => [
      {
        model: "german-credit",
        version: 14,
        publishedAt: new Date("2026-07-28T09:00:00Z"),
        aliases: ["champion"],
        perDay: [320, 310, 40, 60, 330, 360, 300, 340, 290, 20, 30, 350, 330, 300],
      },
      {
        model: "german-credit",
        version: 13,
        publishedAt: new Date("2026-06-11T09:00:00Z"),
        aliases: ["shadow"],
        perDay: Array.from({ length: 14 }, () => 0),
      },
    ],
    async publish(files) {
      did("publish", Object.keys(files).sort());
      if (!files["model.onnx"])
        throw new Problem("invalid_package", undefined, {
          faults: [{ pointer: "/model.onnx", code: "invalid_package", detail: "is missing" }],
        });
      return { model: "german-credit", version: 14 };
    },
    moveAlias: async (move) => did("moveAlias", move),
    epochs: async () => ({
      provider: "folder",
      warning: null,
      epochs: [
        {
          epoch: 2,
          openedAt: "2026-08-01T03:00:00Z",
          movedRows: 0,
          movedAt: null,
          goneFrom: null,
          destroyedAt: null,
          logIndex: null,
        },
        {
          epoch: 1,
          openedAt: "2026-07-01T03:00:00Z",
          movedRows: 9204,
          movedAt: "2026-08-01T03:10:00Z",
          goneFrom: null,
          destroyedAt: "2026-08-01T03:11:00Z",
          logIndex: 40,
        },
      ],
    }),
    closeEpoch: () => did("closeEpoch", null),
    lastClosing: () => ({ running: false, closed: null, failed: false }),
    removals: async () => [{ entries: 12, done: 7, startedAt: new Date("2026-08-20T14:00:00Z") }],
    logCondition: async () => ({
      ...log,
      published: { size: log.size, at: new Date("2026-08-20T14:31:20Z") },
      witnesses: [
        {
          name: "transparency.cert.example",
          size: log.size,
          answer: "ok",
          askedAt: new Date("2026-08-20T14:31:18Z"),
        },
        {
          name: "witness.usp.example",
          size: log.size - 3,
          answer: "witness_unreachable",
          askedAt: new Date("2026-08-20T14:31:19Z"),
        },
      ],
      stamp: { size: log.size - 1, at: new Date("2026-08-20T14:00:02Z") },
      checkpoints: {
        published: log.size,
        alarm: null,
        faults: [{ at: "witness.usp.example", code: "witness_unreachable" }],
      },
      lastCheck: { ok: true, entries: log.size, finding: null, at: new Date("2026-08-20T14:05:00Z") },
    }),
    async checkLog(kept) {
      did("checkLog", kept);
      if (kept !== undefined) throw new Problem("invalid_checkpoint");
      return { ok: true, entries: log.size, finding: null };
    },
    publishCheckpoint: async () => did("publishCheckpoint", null),
    clearAlarm: async () => did("clearAlarm", null),
    incidentDeadlines: (aware) =>
      incidentDeadlines(aware, {
        regimes: ["gdpr", "lgpd"],
        calendar: calendarOf("BR"),
        timeZone: "America/Sao_Paulo",
      }),
    async incidentScope(_actor, asked) {
      did("incidentScope", asked);
      return {
        made: 402,
        opened: 17,
        gone: 2,
        lists: 3,
        requests: 1,
        people: 398,
        byVersion: [{ model: "german-credit", version: 14, decisions: 419, people: 398 }],
      };
    },
    async incidentPeople(_actor, asked) {
      did("incidentPeople", asked);
      return ["ana", 'b"ia'];
    },
  };
  const reviewer: ReviewerVerbs = {
    waiting: async () => AGENDA.filter(({ right }) => right === "review"),
    async openReview(_actor, which) {
      const asked = AGENDA.find((each) => each.id === REVIEW_ID)!;
      if (which !== REVIEW_ID && which !== mine.decision.id) throw new Problem("unknown_review");
      const { favourable, unfavourable } = (
        contract.output as Extract<Contract["output"], { outcomes: { favourable: unknown } }>
      ).outcomes;
      return {
        request: opened(asked, mine.decision.id),
        vaulted: {
          kind: "decision",
          at: mine.at,
          client: "aurora-app",
          subject: { id: "cliente-exemplo" },
          inputs: mine.inputs,
          decision: mine.decision,
        },
        logIndex: mine.logIndex,
        standing: { decision: mine.decision.id, decided: "refused", outcome: "refused", supersededBy: null },
        contract,
        outcomes: [favourable, unfavourable],
      };
    },
    async concludeReview(actor, which, conclusion) {
      did("concludeReview", { by: actor.subject, which, ...conclusion });
    },
  };
  return { operator, reviewer };
}
