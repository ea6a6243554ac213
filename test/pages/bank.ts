import { generateKeyPairSync, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { Hono } from "hono";
import { parse } from "yaml";
import { toHex } from "../../audit/bytes.ts";
import { signCheckpoint } from "../../audit/checkpoint.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { foldSubtrees, hashLeaf, hashNode, inclusionPath, peakCoordinates } from "../../audit/merkle.ts";
import { ed25519Key, type Signer } from "../../audit/note.ts";
import { tellCounterfactuals } from "../../src/decisions/counterfactual-words.ts";
import type {
  AuditedDecision,
  DecisionCore,
  DecisionRecord,
  Language,
} from "../../src/decisions/decision.ts";
import type { DryRun } from "../../src/decisions/dry-run.ts";
import { Problem } from "../../src/errors.ts";
import { reasonCode } from "../../src/explain/reasons.ts";
import type { Env } from "../../src/http/api.ts";
import { securityHeaders } from "../../src/http/middleware.ts";
import { openSessions } from "../../src/http/sessions.ts";
import type { Actor, Scope } from "../../src/http/tokens.ts";
import { type Contract, contractSchema } from "../../src/models/contract.ts";
import { readInputs } from "../../src/models/inputs.ts";
import { folderAssets } from "../../src/pages/assets-folder.ts";
import type { LastEntry, LogProof, MyDecision, PagesDeps } from "../../src/pages/deps.ts";
import { pages } from "../../src/pages/routes.ts";
import { showProblem } from "../../src/pages/visit.ts";
import { copiesOfBank } from "./copies.ts";
import { mandatesOfBank } from "./mandates.ts";
import { officeOf } from "./office.ts";
import { overseerOf } from "./overseer.ts";
import { requestsOfBank } from "./requests.ts";

/** A service of a made-up bank: the real pages over verbs that answer from memory, with a real tree and real proofs. */

export const german: Contract = contractSchema.parse(
  parse(readFileSync(new URL("../../packages/german-credit/model.yaml", import.meta.url), "utf8")),
);

const ORIGIN = "log.aurora.example";
const HOUR = 496_713;
const SIZE = 117;
export const REFUSED_ID = "6f1c2c52-0f6e-4a53-9d52-3f2f3f0f1a10";
export const REFUSED_INDEX = 84;
/** What the bank gives whom it has erased. */
export const KEPT_KEY = { tagKey: Buffer.alloc(32, 5).toString("base64"), entries: 2 };

/** Weights of the features in the package's order: they and the base sum to the score, 0.41. */
const WEIGHTS = [
  -0.061, -0.142, 0.008, -0.058, -0.036, 0.118, 0.027, 0.031, -0.004, 0.012, -0.019, 0.0041, -0.138, 0.014,
  -0.003, 0.006, -0.002, 0.001, -0.0011, 0.003,
];
const HALF_WIDTHS = [
  0.03, 0.02, 0.011, 0.012, 0.01, 0.012, 0.009, 0.004, 0.006, 0.004, 0.006, 0.005, 0.02, 0.006, 0.004, 0.003,
  0.002, 0.002, 0.002, 0.004,
];

export function refusedDecision(turn = 0): DecisionCore {
  const attributions = Object.fromEntries(
    german.features.map(({ name }, i) => {
      const value = WEIGHTS[(i + turn) % WEIGHTS.length]!;
      const half = HALF_WIDTHS[(i + turn) % WEIGHTS.length]!;
      return [name, { value, interval: [value - half, value + half] as [number, number] }];
    }),
  );
  const base = 0.6489;
  const score = base + WEIGHTS.reduce((sum, value) => sum + value, 0);
  return {
    id: turn === 0 ? REFUSED_ID : `00000000-0000-4000-8000-${String(turn).padStart(12, "0")}`,
    model: "german-credit",
    version: 1,
    outcome: score >= 0.5 ? "approved" : "refused",
    score,
    threshold: 0.5,
    base,
    attributions,
    method: "permutation",
    seed: "9d0377c140be12f89d0377c140be12f8",
    modelRows: 2611,
    language: "pt-BR",
    reasons: [],
  };
}

export const mine: MyDecision = {
  at: "2026-08-20T09:12:00Z",
  logIndex: REFUSED_INDEX,
  inputs: german.example.inputs,
  decision: refusedDecision(),
  counterfactuals: tellCounterfactuals(german, {
    state: "computed",
    logIndex: REFUSED_INDEX + 1,
    found: {
      kind: "counterfactual",
      at: "2026-08-20T09:12:01Z",
      decision: REFUSED_ID,
      decidedAt: "2026-08-20T09:12:00Z",
      model: "german-credit",
      version: 1,
      algorithm: "counterfactuals/1",
      state: "found",
      ways: [
        {
          changes: [{ feature: "duration_months", from: 30, to: 18 }],
          cost: 2,
          outcome: "approved",
          score: 0.562,
        },
        {
          changes: [
            { feature: "amount_dm", from: 4280, to: 3900 },
            { feature: "savings", from: "below 100 DM", to: "100 to 499 DM" },
          ],
          cost: 2.4,
          outcome: "approved",
          score: 0.5069,
        },
      ],
      modelRows: 207,
    },
  }),
};

/** What a dry run of the example would give: the two strongest of either side, worded by the package. */
export function dryRunOf(language: Language = "pt-BR"): DryRun {
  const { id: _, ...told } = refusedDecision();
  const reasonsIn = (spoken: Language) =>
    (["duration_months", "age_years", "checking_account", "savings"] as const).map((name, i) => {
      const feature = german.features.find((one) => one.name === name)!;
      const direction = told.attributions[name]!.value > 0 ? ("for" as const) : ("against" as const);
      const text = feature.reasons[direction][spoken].replace("{value}", String(german.example.inputs[name]));
      return { feature: name, code: reasonCode(name, direction), direction, rank: i + 1, text };
    });
  return {
    answer: { dryRun: true, ...told, language, reasons: reasonsIn(language) },
    reasons: { "pt-BR": reasonsIn("pt-BR"), en: reasonsIn("en") },
  };
}

const step = 0.01;
const stepped = (value: number) => Number((Math.round(value / step) * step).toFixed(2));

/** The record of a decision as the real policies leave it: dropped features have no attribution of their own. */
export function recordOf(turn: number): DecisionRecord {
  const decision = refusedDecision(turn);
  const kept = german.features.filter(({ policy }) => policy.kind !== "drop").map(({ name }) => name);
  const attributions = Object.fromEntries(
    kept.map((name) => {
      const { value, interval } = decision.attributions[name]!;
      return [name, { value: stepped(value), interval: interval.map(stepped) as [number, number] }];
    }),
  );
  const sum = Object.values(attributions).reduce((total, { value }) => total + value, 0);
  const score = turn % 3 === 1 ? 0.74 : stepped(decision.score);
  const base = stepped(decision.base);
  return {
    kind: "decision",
    id: decision.id,
    hour: HOUR - turn,
    model: "german-credit",
    version: 1,
    client: "aurora-app",
    outcome: score >= 0.5 ? "approved" : "refused",
    step,
    score,
    threshold: 0.5,
    attributionsOf: "recorded-row",
    base,
    inputs: Object.fromEntries(
      german.features.map(({ name, policy, type }) => [
        name,
        policy.kind === "drop"
          ? { kind: "dropped" as const }
          : policy.kind === "top-bottom-code"
            ? { kind: "range" as const, from: null, to: 25 }
            : type === "category"
              ? { kind: "category" as const, value: String(german.example.inputs[name]) }
              : {
                  kind: "range" as const,
                  from: name === "amount_dm" ? 7500 : 36,
                  to: name === "amount_dm" ? 10_000 : 48,
                },
      ]),
    ),
    attributions,
    rest: score - base - sum,
    method: "permutation",
    rounds: 38,
    seed: decision.seed,
    reasons: ["DURATION_MONTHS:AGAINST", "AGE_YEARS:AGAINST", "CHECKING_ACCOUNT:AGAINST", "PURPOSE:AGAINST"],
    digests: {
      model: "9372c470eead5ec0".repeat(4),
      background: "3f14db6ed20043e8".repeat(4),
      explainer: "5312fb609f603847".repeat(4),
      policy: "6199aecf23aba7e8".repeat(4),
    },
  };
}

const leafHashes = Array.from({ length: SIZE }, (_, i) => hashLeaf(nodeCrypto, Uint8Array.of(i)));
function nodeAt(level: number, index: number): Uint8Array {
  if (level === 0) return leafHashes[index]!;
  return hashNode(nodeCrypto, nodeAt(level - 1, 2 * index), nodeAt(level - 1, 2 * index + 1));
}
const root = foldSubtrees(
  nodeCrypto,
  peakCoordinates(SIZE).map(({ level, index }) => nodeAt(level, index)),
);
const pair = generateKeyPairSync("ed25519");
const publicKey = new Uint8Array(pair.publicKey.export({ format: "der", type: "spki" }).subarray(-32));
const signer: Signer = {
  key: ed25519Key(nodeCrypto, ORIGIN, publicKey),
  sign: (message) => new Uint8Array(sign(null, message, pair.privateKey)),
};
const checkpoint = signCheckpoint({ origin: ORIGIN, size: SIZE, root }, signer);

export function proofOf(index: number): LogProof {
  if (index >= SIZE) throw new Problem("unknown_entry");
  const path = inclusionPath(index, SIZE).map((subtrees) => {
    const first = subtrees[0]!;
    const last = subtrees.at(-1)!;
    const start = first.index * 2 ** first.level;
    const hash = toHex(
      foldSubtrees(
        nodeCrypto,
        subtrees.map(({ level, index: i }) => nodeAt(level, i)),
      ),
    );
    return {
      level: first.level,
      start,
      end: (last.index + 1) * 2 ** last.level,
      hash,
      side: start < index ? ("left" as const) : ("right" as const),
    };
  });
  return { size: SIZE, root: toHex(root), leafHash: toHex(leafHashes[index]!), path, checkpoint };
}

const lastEntries: LastEntry[] = Array.from({ length: 96 }, (_, i): LastEntry => {
  const index = SIZE - 96 + i;
  if (index === 70 || index === 71) return { index, kind: "decision", state: "erased" };
  if (index === 95) return { index, kind: "decision", state: "erased-pending" };
  if (index === 76) return { index, kind: "erasure", state: "kept" };
  if (index === 30) return { index, kind: "publish", state: "kept" };
  return { index, kind: index % 11 === 0 ? "access" : "decision", state: "kept" };
});

const erasedRow = (logIndex: number, state: AuditedDecision["state"]): AuditedDecision => ({
  logIndex,
  hour: HOUR - 5,
  model: "german-credit",
  version: 1,
  record: null,
  state,
});

const NAMES: Partial<Record<Scope, string>> = {
  auditor: "ANPD, auditor 07",
  operator: "Helena Prado, encarregada",
  reviewer: "Revisora 07",
};

function actorOf(scope: Scope, proof: 1 | 3 = 3): Actor {
  return {
    scopes: new Set([scope]),
    subject: NAMES[scope] ?? "cliente-exemplo",
    client: "aurora-app",
    proof,
  };
}

export const TOKENS: Record<string, Actor> = {
  "subject-token": actorOf("subject"),
  "weak-subject-token": actorOf("subject", 1),
  "auditor-token": actorOf("auditor"),
  "product-token": actorOf("product"),
  "operator-token": actorOf("operator"),
  "reviewer-token": actorOf("reviewer"),
  "roleless-token": { ...actorOf("subject"), scopes: new Set() },
};

export interface Bank {
  app: Hono<Env>;
  deps: PagesDeps;
  /** Verbs that were called, with what the page passed on. */
  calls: { verb: string; with: unknown }[];
}

/** @param changed verbs or settings of a test's own */
export async function openBank(changed: Partial<PagesDeps> = {}): Promise<Bank> {
  const calls: Bank["calls"] = [];
  let erased = false;
  const deps: PagesDeps = {
    controller: "Banco Aurora",
    dataProtectionOfficer: "encarregada@aurora.example",
    development: true,
    assets: folderAssets(),
    codes: { proof: 2, send: async () => REFUSED_ID, use: async () => {} },
    sessions: openSessions(new Uint8Array(32).fill(7), {
      secure: false,
      randomId: () => crypto.randomUUID(),
    }),
    verify: async (token) => {
      const actor = TOKENS[token];
      if (actor === undefined) throw new Problem(token === "old-token" ? "expired_token" : "invalid_token");
      return actor;
    },
    now: () => new Date("2026-08-20T14:32:07Z"),
    contract: async (model) => {
      if (model !== german.name) throw new Problem("unknown_model");
      return german;
    },
    logState: async () => ({ size: SIZE, root: toHex(root), last: lastEntries }),
    logProof: async (index) => proofOf(index),
    auditDecisions: async (_actor, filter, cursor) => {
      calls.push({ verb: "auditDecisions", with: { filter, cursor } });
      const rows = [0, 1, 2, 3, 4, 5, 6, 7].map(
        (turn): AuditedDecision => ({
          logIndex: REFUSED_INDEX - turn,
          hour: HOUR - turn,
          model: "german-credit",
          version: 1,
          record: recordOf(turn),
          state: { state: "kept" },
        }),
      );
      rows.splice(
        2,
        0,
        erasedRow(71, { state: "erased", by: 76 }),
        erasedRow(70, { state: "erased-pending" }),
      );
      const items = rows.filter(
        ({ record }) => filter.outcome === undefined || record?.outcome === filter.outcome,
      );
      return { items, next: cursor === undefined ? "older" : null, entry: SIZE };
    },
    auditDecision: async (_actor, id) => {
      if (id !== REFUSED_ID) throw new Problem("unknown_decision");
      return {
        logIndex: REFUSED_INDEX,
        hour: HOUR,
        record: recordOf(0),
        state: { state: "kept" },
        proof: proofOf(REFUSED_INDEX),
        entry: SIZE,
      };
    },
    auditEntry: async (_actor, index) => ({
      logIndex: index,
      kind: index === 76 ? "erasure" : "decision",
      hour: HOUR - 5,
      covers: index === 76 ? 2 : null,
      state: index === 71 ? { state: "erased", by: 76 } : { state: "kept" },
      proof: proofOf(index),
      entry: 78,
    }),
    myDecisions: async () => ({
      items: erased
        ? []
        : [mine, { ...mine, at: "2026-08-03T10:00:00Z", logIndex: 40, decision: refusedDecision(4) }],
      opened: [
        { hour: HOUR, role: "subject", purpose: "own-access", what: "decisions", about: null },
        { hour: HOUR - 30, role: "auditor", purpose: "audit", what: "explanation", about: REFUSED_ID },
      ],
      reviews: [],
      corrections: [],
    }),
    myDecision: async (_actor, id) => {
      if (id !== REFUSED_ID) throw new Problem("unknown_decision");
      return { mine, replaces: null, reviews: [], corrections: [] };
    },
    myNewest: async () => [mine],
    myChosen: async (_actor, id) => {
      if (id !== REFUSED_ID) throw new Problem("unknown_decision");
      return mine;
    },
    ...mandatesOfBank(calls),
    requests: requestsOfBank(calls, { contract: german, decision: REFUSED_ID, first: REFUSED_ID }),
    copies: copiesOfBank(calls),
    myAccess: async () => ({ controller: "Banco Aurora", decisions: [mine] }),
    whatErasureWouldDo: async () => ({
      erased: [
        {
          purpose: "german-credit",
          text: german.purposes["credit-application"]!.text,
          entries: 2,
          records: german.afterErasure,
        },
      ],
      refused: [],
      ends: [{ id: REFUSED_ID, right: "review" }],
      requestDays: 180,
    }),
    eraseMe: async () => {
      calls.push({ verb: "eraseMe", with: null });
      erased = true;
      return { erased: [{ purpose: "german-credit", entries: 2, certificate: KEPT_KEY }], refused: [] };
    },
    async *certificate(keys) {
      if (keys.some(({ tagKey }) => tagKey !== KEPT_KEY.tagKey)) throw new Problem("unknown_entry");
      yield '{"format":"motivo-erasure/v1"}\n';
    },
    productModels: async () => [{ model: german.name, version: 14, contract: german }],
    exampleRun: async (_model, language) => dryRunOf(language),
    tryDecision: async (actor, asked) => {
      calls.push({ verb: "tryDecision", with: { client: actor.client, ...asked } });
      readInputs(german, asked.inputs);
      return dryRunOf(asked.language as Language);
    },
    dryRunsPerHour: 60,
    overseer: overseerOf(german, { size: SIZE, root: toHex(root) }),
    ...officeOf(calls, { contract: german, mine, log: { size: SIZE, root: toHex(root) } }),
    ...changed,
  };
  const app = new Hono<Env>();
  app.use(securityHeaders);
  app.route("/", pages(deps));
  app.notFound((c) => showProblem(deps, c, new Problem("not_found")));
  return { app, deps, calls };
}
