import { z } from "zod";
import { fromBase64 } from "../../audit/bytes.ts";
import { openCheckpoint } from "../../audit/checkpoint.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { verifyInclusion } from "../../audit/merkle.ts";
import { parseVkey } from "../../audit/note.ts";
import { toldCounterfactuals } from "../http/counterfactual-schema.ts";
import * as schemas from "../http/schemas.ts";
import type { Application } from "./applications.ts";
import { callerOf } from "./caller.ts";
import { type DecisionAnswer, eachOf, type Made, type Play } from "./play.ts";

const WIDTH = 8;
const SUM_TOLERANCE = 1e-9;
const problemCode = z.object({ code: z.string() });

const idempotencyKey = (i: number) => ({ "Idempotency-Key": `demo-${i}` });
const pathOf = ({ model }: Application) => `/v1/models/${model}/decisions`;
const bodyOf = ({ person, inputs }: Application, i: number) => ({
  subject: person,
  inputs,
  language: i % 2 === 0 ? "en" : "pt-BR",
});

/** Step a: every application is decided, explained and receipted. */
export async function decideAll(play: Play, applications: readonly Application[]): Promise<Made[]> {
  const { bank, expect, stage, teller } = play;
  const key = parseVkey(nodeCrypto, stage.vkey);
  const step = teller.progress(applications.length, "decisions");
  const made = await eachOf(applications, WIDTH, async (application, i) => {
    const answered = await bank.post(pathOf(application), bodyOf(application, i), idempotencyKey(i));
    expect.same(answered.status, 201, "a decision is acknowledged with 201");
    const answer = answered.read(schemas.decisionAnswer);
    const shares = Object.values(answer.attributions).reduce((sum, { value }) => sum + value, answer.base);
    const explained = answer.explained?.output ?? answer.score;
    expect.that(
      Math.abs(shares - explained) <= SUM_TOLERANCE,
      "base and attributions sum to what is explained",
    );
    expect.same(
      Object.keys(answer.attributions).toSorted(),
      Object.keys(application.inputs).toSorted(),
      "every input has its attribution",
    );
    expect.that(answer.reasons.length > 0, "a decision has reasons");
    const { logIndex, leafHash, inclusionProof, checkpoint } = answer.receipt;
    const { size, root } = await openCheckpoint(nodeCrypto, checkpoint, key);
    const proof = inclusionProof.map((hash) => fromBase64(hash, 32));
    expect.that(
      verifyInclusion(nodeCrypto, logIndex, size, fromBase64(leafHash, 32), proof, root),
      "a receipt leads to a checkpoint that the log has signed",
    );
    step();
    return { ...application, answer };
  });
  const indexes = new Set(made.map(({ answer }) => answer.receipt.logIndex));
  expect.same(indexes.size, made.length, "every decision has an entry of its own");
  teller.checked(
    `Each of the ${made.length} answers has an attribution for every input, and they sum to the score or its log odds; ` +
      "each receipt leads to a checkpoint that the log's key has signed.",
  );
  for (const { person, answer } of spoken(made)) {
    teller.say(`To ${person.name}: ${sentence(answer)}`);
  }
  return made;
}

/** One of each outcome in English, and one in Portuguese. */
function spoken(made: readonly Made[]): Made[] {
  const first = (wanted: (answer: DecisionAnswer) => boolean) => made.find(({ answer }) => wanted(answer));
  return [
    first(({ language, outcome }) => language === "en" && outcome === "approved"),
    first(({ language, outcome }) => language === "en" && outcome === "refused"),
    first(({ language, outcome }) => language === "pt-BR" && outcome === "refused"),
  ].filter((each) => each !== undefined);
}

function sentence({ outcome, score, threshold, reasons }: DecisionAnswer): string {
  const told = reasons.slice(0, 3).map(({ text }) => text);
  return `${outcome}, score ${score.toFixed(2)}${threshold === null ? "" : ` against ${threshold}`}. ${told.join(" ")}`;
}

/** What would have changed each refusal, waited for: it is an entry too, and the next step counts entries. */
export async function whatWouldChange({ bank, expect, teller }: Play, made: readonly Made[]): Promise<void> {
  const refused = made.filter(({ answer }) => answer.outcome === "refused");
  const told = await eachOf(refused, WIDTH, async ({ answer }) => {
    for (;;) {
      const asked = await bank.get(`/v1/decisions/${answer.id}/counterfactuals`);
      const { state, ways } = asked.read(toldCounterfactuals);
      if (state !== "computing") return ways;
    }
  });
  const ways = told.flat();
  expect.that(
    ways.every(({ outcome, changes }) => outcome === "approved" && changes.length > 0),
    "what would have changed a refusal leads to an approval",
  );
  const found = told.filter((one) => one.length > 0).length;
  teller.checked(
    `For ${found} of ${refused.length} refusals the model says what would have changed them.${ways[0] ? ` ${ways[0].text.en}` : ""}`,
  );
}

/** Number of entries that the log has signed for. */
export async function logSize({ public: anyone, stage }: Pick<Play, "public" | "stage">): Promise<number> {
  const { text } = await anyone.get("/log/checkpoint");
  return (await openCheckpoint(nodeCrypto, text, parseVkey(nodeCrypto, stage.vkey))).size;
}

/** Step b: the same request under the same key is answered again, not decided again. */
export async function repeatOne(play: Play, made: readonly Made[]): Promise<void> {
  const { bank, expect, teller } = play;
  const first = made[0]!;
  const before = await logSize(play);
  const again = await bank.post(pathOf(first), bodyOf(first, 0), idempotencyKey(0));
  expect.same(again.read(schemas.decisionAnswer), first.answer, "a repeated request has the same answer");
  expect.same(await logSize(play), before, "a repeated request leaves no entry");
  teller.checked(
    `The answer is the one of before, byte for byte, and the log still holds ${before} entries.`,
  );
  const altered = { ...bodyOf(first, 0), inputs: { ...first.inputs, ...bodyOf(made[1]!, 0).inputs } };
  const reused = await bank.post(pathOf(first), altered, idempotencyKey(0));
  expect.same(
    [reused.status, reused.read(problemCode).code],
    [422, "idempotency_key_reused"],
    "the key of another request is refused",
  );
  teller.checked("Another request under the same key is refused (idempotency_key_reused).");
}

/** Step c: a decision is open to the client that made it, and to no other. */
export async function readAsAnother(play: Play, made: readonly Made[]): Promise<void> {
  const { bank, expect, stage, teller } = play;
  const { answer } = made[0]!;
  const path = `/v1/decisions/${answer.id}`;
  const own = await bank.get(path);
  expect.same(own.read(schemas.decisionAnswer), answer, "the bank reads its own decision as it was answered");
  const token = await stage.tokenFor("product", { subject: "another-bank", client: "another-bank" });
  const foreign = await callerOf(stage.url, token).get(path);
  expect.same(
    [foreign.status, foreign.read(problemCode).code],
    [404, "unknown_decision"],
    "another client is told that there is no such decision",
  );
  teller.checked("The bank reads it; for another bank there is no such decision (404 unknown_decision).");
}
