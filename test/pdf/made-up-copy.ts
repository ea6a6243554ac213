import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { Language } from "../../src/decisions/decision.ts";
import { type Contract, contractSchema } from "../../src/models/contract.ts";
import { type HeldDecision, nothingHeld } from "../../src/subjects/access.ts";
import type { AccessHead } from "../../src/subjects/copies/access-files.ts";
import { AccessPdf } from "../../src/subjects/copies/access-pdf.ts";
import type { CopySink } from "../../src/subjects/copies/sink.ts";
import { modelCard, toldPurpose } from "../../src/subjects/copies/told.ts";

const PACKAGE = "packages/german-credit/model.yaml";
const digest = "ab".repeat(32);

export const germanCredit = (): Contract => contractSchema.parse(parse(readFileSync(PACKAGE, "utf8")));

/** Somebody's decision number `i`, never made. */
export function madeUpDecision(contract: Contract, i: number, name: string): HeldDecision {
  const { inputs } = contract.example;
  return {
    at: new Date(Date.UTC(2026, 2, 10, 13, i % 60)).toISOString(),
    logIndex: i,
    client: "product-one",
    subject: { id: "person-one", name },
    inputs,
    decision: {
      id: randomUUID(),
      model: contract.name,
      version: 1,
      outcome: "refused",
      score: 0.29650527238845825,
      threshold: 0.5,
      base: 0.6843807083368302,
      attributions: Object.fromEntries(
        Object.keys(inputs).map((feature, place) => {
          const value = (place % 3 === 0 ? 1 : -1) / (place + 3.7);
          return [feature, { value, interval: [value - 0.004, value + 0.004] }];
        }),
      ),
      method: "permutation",
      seed: digest.slice(32),
      modelRows: 6355,
      language: "en",
      reasons: Object.keys(inputs)
        .slice(0, 4)
        .map((feature, rank) => ({
          feature,
          code: "CODE",
          direction: "against",
          rank,
          text: `${feature} weighed against approval.`,
        })),
    },
  };
}

/** A copy's PDF of a person with so many decisions, as a service with them would write it. */
export async function madeUpPdf(
  sink: CopySink,
  {
    decisions,
    openings = 1,
    language,
    name,
  }: { decisions: number; openings?: number; language: Language; name: string },
): Promise<void> {
  const contract = germanCredit();
  const key = {
    id: randomUUID(),
    purpose: `${contract.name}/p/b`,
    retention: "r",
    entries: decisions,
    vaultKey: new Uint8Array(32),
    tagKey: new Uint8Array(32),
    pseudonymKey: new Uint8Array(32),
    commitmentSalt: () => new Uint8Array(32),
  };
  const at = "2026-03-11T12:00:00.000Z";
  const clocks = [{ regime: "lgpd" as const, due: "2026-03-25", rule: "LGPD 19 II", calendar: "BR" }];
  const head: AccessHead = {
    at,
    language,
    controller: "Banco Aurora",
    dataProtectionOfficer: "encarregada@aurora.example",
    subject: "person-one",
    requests: [
      {
        id: randomUUID(),
        reference: digest.slice(32),
        right: "access_complete",
        state: "answered",
        channel: "letter",
        receivedAt: at,
        closedAt: at,
        forgetAt: at,
        due: "2026-03-25",
        target: null,
        asked: { statement: `${name}: =1+1` },
        steps: [{ at, action: "receive", state: "received", by: "person", clocks, logIndex: 7 }],
      },
    ],
    mandates: {
      given: [
        {
          id: randomUUID(),
          reference: digest.slice(32),
          representative: "representative-one",
          name,
          rights: ["review", "access_complete"],
          recordedAt: at,
          until: "2026-12-31",
          revoked: { at, by: "person" },
          evidence: { sha256: digest, note: "Power of attorney, file 12" },
          uses: [{ at, what: "POST /v1/me/requests/review" }],
        },
      ],
      held: [
        {
          id: randomUUID(),
          reference: digest.slice(32),
          rights: ["erasure"],
          recordedAt: at,
          until: "2026-12-31",
          revoked: null,
        },
      ],
    },
    checkpoint: "",
    uses: [{ key, contract, entries: decisions }],
  };
  const pdf = new AccessPdf(sink, head, "America/Sao_Paulo");
  try {
    const contracts = new Map([[`${contract.name}@1`, contract]]);
    for (let from = 0; from < decisions; from += 200) {
      const some = Array.from({ length: Math.min(200, decisions - from) }, (_, i) =>
        madeUpDecision(contract, from + i, name),
      );
      await pdf.page({ use: 0, entries: [], decisions: some, contracts });
    }
    const held = nothingHeld(key, contract);
    for (let i = 0; i < openings; i++)
      held.opened.push({
        hour: 492_500 + i,
        role: "auditor",
        purpose: "audit",
        what: "explanation",
        decision: randomUUID(),
        logIndex: 9 + i,
      });
    held.reviews.push({
      at,
      decision: randomUUID(),
      result: "upheld",
      outcome: "refused",
      grounds: name,
      logIndex: 10,
    });
    held.others.push({ kind: "counterfactual", logIndex: 11, changes: { amount_dm: 2000 } });
    held.lost.push(12);
    const digests = { model: digest, background: digest, policy: digest };
    const card = modelCard({
      model: contract.name,
      version: 1,
      contract,
      publishedAt: new Date(at),
      digests,
    });
    await pdf.endUse(
      toldPurpose(held, {
        clients: new Set(["product-one"]),
        cards: [card],
        entries: decisions,
        recipients: [],
      }),
    );
    await pdf.end();
  } finally {
    await pdf.close();
  }
}

/** Keeps what is written. */
export function keepingSink(): CopySink & { files: Map<string, Uint8Array> } {
  const files = new Map<string, Uint8Array>();
  return {
    files,
    async open(name) {
      const parts: Uint8Array[] = [];
      return {
        async write(bytes) {
          parts.push(bytes);
        },
        async end() {
          files.set(name, new Uint8Array(Buffer.concat(parts)));
        },
      };
    },
  };
}
