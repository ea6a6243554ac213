import { describe, expect, it } from "vitest";
import type { Explained } from "../../src/decisions/scale.ts";
import { type Bank, dryRunOf, mine, openBank, REFUSED_ID, recordOf, TOKENS } from "./bank.ts";

/** The demonstration's refusal, as if its weights were log odds: they and the base of 0.65 sum to −0.36. */
const explained: Explained = { link: "margin", scale: "log-odds", output: -0.36, threshold: 0 };
const shift = mine.decision.score - explained.output;
const base = mine.decision.base - shift;

async function pageOf(bank: Bank, path: string, token: string): Promise<string> {
  const { app, deps } = bank;
  app.get("/let-in", async (c) => {
    await deps.sessions.start(c, TOKENS[token]!);
    return c.body(null);
  });
  const cookie = ((await app.request("/let-in")).headers.get("set-cookie") ?? "").split(";")[0]!;
  const response = await app.request(path, { headers: { cookie, "accept-language": "en" } });
  expect(response.status).toBe(200);
  return response.text();
}

describe("reasons drawn from log odds", () => {
  it("add up to points on the customer's page, while the score's own line stays a probability's", async () => {
    const drawn = { ...mine, decision: { ...mine.decision, base, explained } };
    const changed = await openBank({
      myDecision: async () => ({ mine: drawn, replaces: null, reviews: [], corrections: [] }),
    });
    const page = await pageOf(changed, `/me/decisions/${REFUSED_ID}`, "subject-token");
    expect(page).toContain("= −0.36");
    expect(page).toContain("−0.36 points are the score 0.41. The limit is at 0.00 points.");
    expect(page).toContain("you 0.41");
    expect(page).toContain("limit 0.50");
  });

  it("have the threshold of their own scale in the auditor's waterfall, and end at the recorded score's log odds", async () => {
    const bank = await openBank();
    const record = recordOf(0);
    const drawn = { ...record, base: -0.12, explained };
    const changed = await openBank({
      auditDecision: async (actor, id) => ({
        ...(await bank.deps.auditDecision(actor, id)),
        record: drawn,
      }),
    });
    const page = await pageOf(changed, `/audit/decisions/${REFUSED_ID}`, "auditor-token");
    expect(page).toContain("Log odds of the score, as recorded");
    expect(page).toContain("−0.36 are the log odds of the recorded score 0.41");
    expect(page).toContain("score 0.41, threshold 0.5");
    const last = [...page.matchAll(/<td class="number strong[^"]*">([^<]+)<\/td>/g)].at(-1)![1];
    expect(last).toBe("−0.36");
  });

  it("are called what they are on the product's page", async () => {
    const run = dryRunOf("en");
    const changed = await openBank({
      exampleRun: async () => ({ ...run, answer: { ...run.answer, base, explained } }),
    });
    const page = await pageOf(changed, "/product/models/german-credit", "product-token");
    expect(page).toContain("attributions in log odds, not probabilities");
    expect(page).toContain("here −0.360, threshold 0.000");
  });
});
