import { type Caller, type Told, talkativeHeaders } from "./caller.ts";
import { CANARY_MODELS } from "./packages.ts";
import type { CanaryPerson } from "./people.ts";

type Inputs = Record<string, string | number>;

const decisionsOf = (model: string) => `/v1/models/${model}/decisions`;
const at = encodeURIComponent;

function expectStatus(told: Told, status: number, what: string): Told {
  if (told.status !== status)
    throw new Error(`${what} was answered ${told.status}: ${told.text.slice(0, 400)}`);
  return told;
}

/** Everything in one message, as people and the programs of a counter write it. */
function noteOf({ subject, written }: CanaryPerson): string {
  const { name, email, phone, document } = subject;
  return [
    `${name.toUpperCase()} (CPF ${document.replaceAll(/\D/g, "")}) ${email} ${phone} ${subject.id}`,
    `CPF ${written.cpf} CNPJ ${written.cnpj} RG ${written.rg} PIS ${written.pis} CNH ${written.cnh}`,
    `CEP ${written.cep} IBAN ${written.iban} cartão ${written.card} tel. ${written.phone}`,
    `${written.email} IP ${written.ip} cpf_${document.replaceAll(/\D/g, "")}.pdf`,
  ].join("; ");
}

/** Decisions by every policy, answered, repeated, tried without a record, and by the dozen. */
export async function decideAbout(caller: Caller, person: CanaryPerson, example: Inputs): Promise<string[]> {
  const { subject, numbers, sent } = person;
  const headers = talkativeHeaders(person);
  const note = noteOf(person);
  const made: string[] = [];
  for (const [i, model] of CANARY_MODELS.entries()) {
    const inputs = { waiting_days: numbers[i]!, channel: "web", note };
    const keyed = { ...headers, "idempotency-key": i === 0 ? subject.email : `${sent.order}-${i}` };
    const body = { subject, inputs };
    const call = () => caller.call("POST", decisionsOf(model), { as: "product", body, headers: keyed });
    // Twice at once: whichever comes second meets the key, or the person's row, while the first is being written.
    const both = await Promise.all([call(), call()]);
    for (const told of both) expectStatus(told, 201, "a decision");
    made.push(String(both[0].json.id));
    const other = { ...body, inputs: { ...inputs, channel: "letter" } };
    expectStatus(
      await caller.call("POST", decisionsOf(model), { as: "product", body: other, headers: keyed }),
      422,
      "a key used again",
    );
    for (const dry of [
      { inputs, dryRun: true },
      { ...body, dryRun: true },
    ]) {
      await caller.call("POST", decisionsOf(model), { as: "product", body: dry, headers });
    }
  }
  const credit = { subject, inputs: example };
  const [first] = await Promise.all(
    Array.from({ length: 2 }, () =>
      caller.call("POST", decisionsOf("german-credit"), { as: "product", body: credit, headers }),
    ),
  );
  made.push(String(expectStatus(first!, 201, "a credit decision").json.id));
  const [model] = CANARY_MODELS;
  const decisions = [
    { subject, inputs: { waiting_days: 3, channel: "web", note }, idempotencyKey: subject.document },
    { subject, inputs: { waiting_days: note, channel: "web", note }, idempotencyKey: subject.name },
    { subject: { ...subject, [subject.document]: 1 }, inputs: {} },
    { subject: subject.id, inputs: { waiting_days: 3, channel: subject.name, note } },
    { subject: subject.id, inputs: { waiting_days: 3, channel: "web", note }, [subject.email]: note },
    note,
  ];
  await caller.call("POST", `${decisionsOf(model!)}/batch`, { as: "product", body: { decisions }, headers });
  return made;
}

/** Whatever can be said wrongly, with the person's values in the place that is wrong. */
export async function beRefused(caller: Caller, person: CanaryPerson, example: Inputs): Promise<void> {
  const { subject, written, sent, numbers } = person;
  const headers = talkativeHeaders(person);
  const note = noteOf(person);
  const path = decisionsOf("german-credit");
  const bodies: unknown[] = [
    { subject, inputs: { ...example, purpose: subject.name } },
    { subject, inputs: { ...example, amount_dm: subject.document } },
    { subject, inputs: { ...example, amount_dm: numbers[0] } },
    { subject, inputs: { ...example, [subject.email]: 1 } },
    { subject, inputs: { [subject.name]: note } },
    { subject: { ...subject, [subject.document]: 1 }, inputs: example },
    { subject: { ...subject, email: [subject.email] }, inputs: example },
    { subject: `${subject.id}\n${subject.name}`, inputs: example },
    { subject, inputs: example, language: subject.document },
    { subject, inputs: example, [subject.phone]: written.card },
    [subject.name],
    `{"subject": "${subject.id}", "inputs": {"${subject.email}" ${subject.document}}}`,
    `{"subject": "${subject.id}", "subject": "${subject.email}"}`,
    Buffer.concat([Buffer.from(JSON.stringify({ subject }).slice(0, -1)), Buffer.from([0xff, 0xfe])]),
    { subject, inputs: example, pad: note.repeat(6_000) },
  ];
  for (const body of bodies) await caller.call("POST", path, { as: "product", body, headers });
  await caller.call("POST", decisionsOf(CANARY_MODELS[0]!), {
    as: "product",
    body: { subject, inputs: { waiting_days: 3, channel: "web", note: note.repeat(3) } },
  });
  const tokens = [subject.name, `${at(subject.email)}.${written.cpf}.${sent.session}`, subject.document];
  for (const token of tokens) {
    await caller.call("GET", "/v1/me/decisions", { as: { token: at(token) }, headers });
  }
  const inPaths = [subject.id, subject.name, subject.email, subject.document, written.iban!].map(at);
  for (const value of inPaths) {
    for (const [address, as] of [
      [`/v1/decisions/${value}`, "product"],
      [`/v1/models/${value}`, "product"],
      [`/v1/audit/decisions/${value}`, "auditor"],
      [`/v1/audit/decisions?model=${value}&outcome=${value}&from=${value}`, "auditor"],
      [`/v1/audit/decisions?outcome=${value}`, "auditor"],
      [`/v1/audit/decisions?cursor=${value}`, "auditor"],
      [`/v1/requests/${value}`, "operator"],
      [`/v1/requests?state=${value}`, "operator"],
      [`/v1/processing/impact/${value}?language=${value}`, "operator"],
      [`/v1/reviews/${value}`, "reviewer"],
      [`/v1/me/requests/${value}`, person],
      [`/log/proof/${value}`, null],
      [`/log/tile/${value}`, null],
      [`/log/consistency?from=${value}&to=${value}`, null],
      [`/assets/${value}`, null],
      [`/components/${value}`, null],
      [`/docs/${value}`, null],
      [`/${value}/cpf_${subject.document}.pdf?nome=${value}`, null],
    ] as const) {
      await caller.call("GET", address, { as, headers });
    }
    for (const address of [`/${value}`, `/me/decisions/${value}`, `/sign-in?next=/me/${value}`]) {
      await caller.call("GET", address, { as: null, headers: { ...headers, accept: "text/html" } });
    }
    await caller.call("PUT", `/v1/models/${value}/aliases/${value}`, {
      as: "operator",
      body: { version: value },
    });
    await caller.call("DELETE", `/v1/holds/${value}`, { as: "operator", headers });
    await caller.call("DELETE", `/v1/me/restrictions/${value}`, { as: person, headers });
    await caller.call("PATCH", `/v1/decisions/${value}`, { as: "product", body: { note }, headers });
  }
  const form = { ...headers, "content-type": "application/x-www-form-urlencoded" };
  await caller.call("POST", "/session", {
    as: null,
    body: `token=${at(note)}&next=/me/${at(subject.name)}`,
    headers: form,
  });
  const files = {
    "model.yaml": Buffer.from(`name: ${note}`).toString("base64"),
    [`${written.cpf}.csv`]: at(note),
  };
  await caller.call("POST", "/v1/models", { as: "operator", body: { files }, headers });
  await caller.call("POST", "/v1/erasures/certificate", {
    as: null,
    body: { keys: [{ tagKey: note, entries: 1 }] },
  });
  await caller.call("POST", "/v1/log/check", { as: "operator", body: { checkpoint: note } });
}

/** The person is forgotten; what was asked for about them comes again, and is asked for by those who may not. */
export async function beForgotten(
  caller: Caller,
  person: CanaryPerson,
  made: readonly string[],
): Promise<void> {
  const { subject, numbers } = person;
  const headers = talkativeHeaders(person);
  const note = noteOf(person);
  const weak = { token: await caller.tokenOf(person, 1) };
  expectStatus(await caller.call("DELETE", "/v1/me", { as: weak, headers }), 403, "a weak proof");
  expectStatus(
    await caller.call("GET", "/v1/audit/export", { as: "product", headers }),
    403,
    "a product's token at an auditor's address",
  );
  expectStatus(await caller.call("DELETE", "/v1/me", { as: person, headers }), 200, "an erasure");
  const [model] = CANARY_MODELS;
  const again = { subject, inputs: { waiting_days: numbers[0]!, channel: "web", note } };
  const keyed = { ...headers, "idempotency-key": subject.email };
  const told = await caller.call("POST", decisionsOf(model!), {
    as: "product",
    body: again,
    headers: keyed,
  });
  expectStatus(told, 410, "a repeat after the erasure");
  await caller.call("GET", `/v1/decisions/${made[0]}`, { as: "product", headers });
  await caller.call("DELETE", "/v1/me", { as: person, headers });
  await caller.call("POST", "/v1/me/requests/correction", {
    as: person,
    body: { decision: made[1], inputs: { note }, statement: note },
    headers,
  });
  const nobody = "00000000-0000-4000-8000-000000000000";
  for (const step of ["start", "clarification", "refuse", "answer", "lift", "extend"]) {
    const body = step === "start" ? {} : { text: note, ground: "excessive" };
    await caller.call("POST", `/v1/requests/${nobody}/${step}`, { as: "operator", body });
  }
}

/** The person reads, asks for each right, and is answered by operators and a reviewer. */
export async function exerciseRights(
  caller: Caller,
  person: CanaryPerson,
  made: readonly string[],
): Promise<void> {
  const { subject } = person;
  const headers = talkativeHeaders(person);
  const note = noteOf(person);
  const contact = { email: subject.email };
  const ask = (right: string, body: object) =>
    caller.call("POST", `/v1/me/requests/${right}`, { as: person, body, headers });
  const act = (id: unknown, step: string, body: object) =>
    caller.call("POST", `/v1/requests/${id}/${step}`, { as: "operator", body, headers });
  for (const path of ["/v1/me/decisions", "/v1/me/access", "/v1/me/access/proof", "/v1/me/requests"]) {
    expectStatus(await caller.call("GET", path, { as: person, headers }), 200, path);
  }
  await caller.call("GET", `/v1/decisions/${made[0]}`, { as: "product", headers });
  for (const right of ["confirmation", "access_simplified", "access_complete", "portability", "recipients"]) {
    expectStatus(await ask(right, { statement: note, contact }), 201, right);
  }
  await ask("explanation", { decision: made[0], statement: note });
  const corrected = await ask("correction", {
    decision: made[1],
    inputs: { note: `${note} corrigido`, waiting_days: person.numbers[3] },
    statement: note,
  });
  await act(corrected.json.id, "start", {});
  await act(corrected.json.id, "clarification", { text: note });
  await caller.call("POST", `/v1/me/requests/${corrected.json.id}/clarification`, {
    as: person,
    body: { text: note },
  });
  await act(corrected.json.id, "answer", { text: note });
  const review = await ask("review", { decision: made[0], statement: note, contact });
  await caller.call("GET", `/v1/reviews/${review.json.id}`, { as: "reviewer", headers });
  await caller.call("POST", `/v1/reviews/${review.json.id}/outcome`, {
    as: "reviewer",
    body: { result: "changed", outcome: subject.name, grounds: note },
  });
  await caller.call("POST", `/v1/reviews/${review.json.id}/outcome`, {
    as: "reviewer",
    body: { result: "annulled", grounds: note },
  });
  const objection = await ask("objection", { model: CANARY_MODELS[2], statement: note });
  await act(objection.json.id, "refuse", { ground: "manifestly_unfounded", text: note });
  await act(objection.json.id, "refuse", { ground: subject.name, text: note });
  await ask("restriction", { because: "unlawful", model: CANARY_MODELS[3], statement: note });
  await ask("restriction", { because: subject.document });
  await ask("consent_revocation", { model: subject.name });
  const letter = { subject: subject.id, evidence: note, asked: { statement: note, model: CANARY_MODELS[1] } };
  await caller.call("POST", "/v1/requests/objection", { as: "operator", body: letter, headers });
  const hold = await caller.call("POST", "/v1/holds", {
    as: "operator",
    body: { subject: subject.id, ground: "GDPR 17(3)(e)", model: CANARY_MODELS[0] },
  });
  await caller.call("POST", "/v1/holds", {
    as: "operator",
    body: { subject, ground: note.repeat(2), until: note },
  });
  await caller.call("POST", "/v1/holds/find", { as: "operator", body: { subject: subject.id }, headers });
  await caller.call("DELETE", "/v1/me", { as: person, headers });
  await caller.call("DELETE", `/v1/holds/${hold.json.id}`, { as: "operator" });
  const cookie = await signIn(caller, person);
  for (const path of [
    "/me",
    `/me/decisions/${made[1]}`,
    `/me/decisions/${at(subject.email)}`,
    `/me/requests/${at(subject.email)}`,
    `/me/copy/${at(subject.email)}/${at(subject.name)}`,
    "/me/access",
  ]) {
    await caller.call("GET", path, { as: null, headers: { ...headers, cookie, accept: "text/html" } });
  }
  for (const path of [
    `/me/requests/${at(subject.email)}/cancel`,
    `/me/copy/${at(subject.email)}/delete`,
    `/me/mandates/${at(subject.email)}/act`,
    `/me/mandates/${at(subject.email)}/end`,
  ]) {
    const form = {
      ...headers,
      cookie,
      accept: "text/html",
      "content-type": "application/x-www-form-urlencoded",
    };
    await caller.call("POST", path, { as: null, headers: form, body: `note=${at(note)}` });
  }
}

async function signIn(caller: Caller, person: CanaryPerson): Promise<string> {
  const body = `token=${at(await caller.tokenOf(person))}`;
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const told = expectStatus(
    await caller.call("POST", "/session", { as: null, body, headers }),
    303,
    "a sign-in",
  );
  return (told.headers.get("set-cookie") ?? "").split(";")[0]!;
}
