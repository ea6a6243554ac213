import { z } from "zod";
import * as schemas from "../http/schemas.ts";
import { CONSENT_MODEL, CREDIT_PROTECTION_MODEL } from "./applications.ts";
import { openAt } from "./auditing.ts";
import { callerOf } from "./caller.ts";
import type { Person } from "./people.ts";
import type { Made, Play } from "./play.ts";

const refusedErasure = schemas.erasure.extend({ code: z.string() });
const HIGHEST_PROOF = 3;

async function signIn({ stage }: Play, person: Person) {
  return callerOf(stage.url, await stage.tokenFor("subject", { subject: person.id, proof: HIGHEST_PROOF }));
}

/** Step e, first half: a customer sees everything, erases it, and nothing is left. @param looked opened by the auditor */
export async function knowAndErase(play: Play, own: readonly Made[], looked: Made): Promise<void> {
  const { expect, teller } = play;
  const { person } = looked;
  const me = await signIn(play, person);
  const seen = (await me.get("/v1/me/decisions")).read(schemas.myDecisions);
  const sent = new Map(own.map(({ answer, inputs }) => [answer.id, inputs]));
  expect.same(
    seen.decisions.map(({ decision }) => decision.id).toSorted(),
    [...sent.keys()].toSorted(),
    "the customer sees every decision of theirs, and no other",
  );
  teller.checked(`${person.name} sees ${seen.decisions.length} decisions, each with its reasons.`);

  const access = (await me.get("/v1/me/access")).read(schemas.access);
  const held = access.purposes.flatMap(({ decisions }) => decisions);
  expect.same(held.length, own.length, "the access answer holds every decision");
  for (const { decision, inputs, subject } of held) {
    expect.same(inputs, sent.get(decision.id), "the access answer holds the inputs as they were typed");
    expect.same(subject, person, "the access answer holds the person as the bank named them");
  }
  const opened = access.purposes.flatMap((purpose) => purpose.opened);
  expect.that(
    opened.some(({ role, decision }) => role === "auditor" && decision === looked.answer.id),
    "the access answer names the auditor's opening",
  );
  teller.checked(
    `The access answer holds the inputs as typed, and that somebody opened them ${opened.length} times: ` +
      `${[...new Set(opened.map(({ role, what }) => `${role} (${what})`))].join(", ")}.`,
  );

  const erased = await me.delete("/v1/me");
  expect.same(erased.status, 200, "the customer may erase themselves");
  const { erased: purposes, refused } = erased.read(schemas.erasure);
  expect.same(
    [purposes.map(({ model }) => model), refused],
    [[CONSENT_MODEL], []],
    "what rests on consent is erased whole",
  );
  teller.checked(`Erased: "${purposes[0]!.purpose.en}" (${purposes[0]!.entries} entries of the log).`);

  const after = (await me.get("/v1/me/access")).read(schemas.access);
  expect.same([after.held, after.purposes], [false, []], "after the erasure nothing is held");
  teller.checked(`The access answer now says: "${after.statement}"`);
  for (const { answer } of own) {
    const { opened: gone } = await openAt(play, answer.receipt.logIndex);
    expect.same(
      [gone.state, gone.record, gone.model],
      ["erased-pending", null, CONSENT_MODEL],
      "the auditor sees that a decision was made and erased",
    );
  }
  teller.checked(
    "The auditor sees that decisions were made there and erased; their justification is pending.",
  );
}

/** Step e, second half: where the law lets the bank keep, the refusal names its article. */
export async function refuseErasure(play: Play, made: readonly Made[]): Promise<void> {
  const { expect, teller } = play;
  const kept = made.find(({ model }) => model === CREDIT_PROTECTION_MODEL);
  const other = expect.found(kept, "somebody's decision rests on the protection of credit");
  const me = await signIn(play, other.person);
  const answered = await me.delete("/v1/me");
  expect.same(answered.status, 409, "the erasure is refused");
  const { code, refused } = answered.read(refusedErasure);
  expect.same(
    [code, refused.map(({ article }) => article)],
    ["erasure_refused", ["LGPD 7 X"]],
    "the refusal names LGPD 7 X",
  );
  const access = (await me.get("/v1/me/access")).read(schemas.access);
  expect.same([access.held, access.purposes.length], [true, 1], "what was not erased is still held");
  expect.same(access.purposes[0]!.refusals.length, 1, "the refusal is on the record");
  teller.checked(
    `${other.person.name}'s decision rests on the protection of credit: refused, naming ${refused[0]!.article}. ` +
      "The refusal is on the record, and in the next access answer.",
  );
}
