import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import * as schemas from "../http/schemas.ts";
import type { Made, Play } from "./play.ts";
import { type ToldVerdict, verifyApart } from "./verifier.ts";

type Audited = z.infer<typeof schemas.auditedDecision>;
const PAGE = 100;

const erasureEntry = z.object({ logIndex: z.int(), entries: z.int() }).nullable();

/** Every decision on the record, page by page. */
async function listAll({ auditor, expect }: Play): Promise<Audited[]> {
  const all: Audited[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const answered = await auditor.get(`/v1/audit/decisions?limit=${PAGE}${query}`);
    expect.same(answered.status, 200, "the auditor may list decisions");
    const page = answered.read(schemas.auditedList);
    all.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return all;
}

export async function openAt({ auditor, expect }: Play, which: string | number) {
  const answered = await auditor.get(`/v1/audit/decisions/${which}`);
  expect.same(answered.status, 200, "the auditor may open a decision");
  return { opened: answered.read(schemas.openedDecision), text: answered.text };
}

/** Every number and string in a JSON document. */
function* cells(value: unknown): Generator<string> {
  if (typeof value === "object" && value !== null)
    for (const member of Object.values(value)) yield* cells(member);
  else if (value !== null) yield String(value);
}

const between = ({ from, to }: { from: number | null; to: number | null }): string =>
  from === null ? `below ${to}` : to === null ? `of ${from} or more` : `from ${from} to ${to}`;

const isBoundary = (amount: number) => amount % 500 === 0;

/** Step d, first half: the record of a decision, without the person and without a raw amount. */
export async function auditDecisions(play: Play, made: readonly Made[]): Promise<Made> {
  const { expect, teller } = play;
  const listed = await listAll(play);
  expect.same(
    listed.map(({ record }) => record?.id).toSorted(),
    made.map(({ answer }) => answer.id).toSorted(),
    "the list holds every decision once",
  );
  teller.checked(`The auditor's list holds all ${listed.length} decisions, newest first.`);
  // A round amount may be a bin's edge, and would then stand in the record as that.
  const clear = made.find(({ inputs }) => !isBoundary(Number(inputs.amount_dm)));
  const looked = expect.found(clear, "an amount lies between the edges of the bins");
  const { opened, text } = await openAt(play, looked.answer.id);
  const record = expect.found(opened.record, "the record is there");
  expect.that(!new Set(cells(opened)).has(String(looked.inputs.amount_dm)), "no cell equals the raw amount");
  for (const raw of Object.values(looked.person)) {
    expect.that(!text.includes(raw), "the record does not name the person");
  }
  const amount = record.inputs.amount_dm;
  const range = expect.found(
    amount?.kind === "range" ? amount : null,
    "the amount is on the record as a range",
  );
  teller.say(
    `One of them, opened: ${record.outcome}, with a score of ${record.score} and an amount ${between(range)} DM. ` +
      "What was typed is not there, nor is who typed it.",
  );
  teller.checked("No cell of the record equals the raw amount; name, e-mail and CPF are nowhere in it.");
  return looked;
}

/** Downloads the export of the whole log. @returns the file */
async function downloadExport({ auditor, expect, stage }: Play, name: string): Promise<string> {
  const answered = await auditor.get("/v1/audit/export");
  expect.same(answered.status, 200, "the auditor may download the export");
  const file = join(stage.folder, name);
  await writeFile(file, answered.text);
  return file;
}

const verified = (verdict: ToldVerdict) => [verdict.exitCode, verdict.ok];

/** Step d, second half: the export and one evidence bundle pass the verifier; the checkpoint is kept for later. */
export async function verifyAll(play: Play, looked: Made): Promise<{ kept: string }> {
  const { auditor, expect, public: anyone, stage, teller } = play;
  const kept = join(stage.folder, "kept.checkpoint");
  await writeFile(kept, (await anyone.get("/log/checkpoint")).text);
  const file = await downloadExport(play, "export.ndjson");
  const whole = await verifyApart(file, stage.vkey);
  expect.same(verified(whole), [0, true], "the export verifies");
  teller.checked(`node audit/cli.ts verify export.ndjson: verified, ${whole.entries} entries (exit 0).`);

  const answered = await auditor.get(`/v1/audit/decisions/${looked.answer.id}/evidence`);
  expect.same(answered.status, 200, "the auditor may download evidence");
  const evidence = join(stage.folder, "evidence.json");
  await writeFile(evidence, answered.text);
  const one = await verifyApart(evidence, stage.vkey);
  expect.same([...verified(one), one.state], [0, true, "VERIFIED"], "the evidence bundle verifies");
  teller.checked(
    "node audit/cli.ts verify evidence.json: verified (exit 0). The auditor keeps today's checkpoint.",
  );
  return { kept };
}

/** Step f: the interval's erasure entry justifies what was erased, and the log is the one of the kept checkpoint. */
export async function justifyErasure(
  play: Play,
  erased: readonly Made[],
  kept: string,
): Promise<{ file: string; entries: number }> {
  const { expect, operator, stage, teller } = play;
  const closed = await operator.post("/v1/erasures/close-interval", null);
  expect.same(closed.status, 200, "the operator may close the interval");
  const written = closed.read(erasureEntry);
  const entry = expect.found(written, "something was pending");
  for (const { answer } of erased) {
    const { opened } = await openAt(play, answer.receipt.logIndex);
    expect.same(
      [opened.state, opened.erasure, opened.record],
      ["erased", entry.logIndex, null],
      "an erased decision names the entry that justifies it",
    );
  }
  teller.checked(
    `Entry ${entry.logIndex} justifies the ${entry.entries} entries behind which nothing lies any more, shuffled, ` +
      "so that it groups nobody's.",
  );
  const file = await downloadExport(play, "export-after-erasure.ndjson");
  const verdict = await verifyApart(file, stage.vkey, kept);
  expect.same(
    verified(verdict),
    [0, true],
    "the export after the erasure verifies against the kept checkpoint",
  );
  expect.same(
    [verdict.states.ERASED, verdict.states.PENDING],
    [entry.entries, 0],
    "the export tells exactly what was erased",
  );
  teller.checked(
    `node audit/cli.ts verify export.ndjson --checkpoint kept: verified, ${verdict.entries} entries, ` +
      `${verdict.states.ERASED} of them erased and justified (exit 0).`,
  );
  return { file, entries: verdict.entries };
}

/** Step g: one byte of the export is another, and the verifier says so. */
export async function tamper({ expect, stage, teller }: Play, file: string): Promise<void> {
  const bytes = await readFile(file);
  const at = changeable(bytes);
  bytes[at] = bytes[at] === ONE ? ZERO : ONE;
  const tampered = join(stage.folder, "tampered.ndjson");
  await writeFile(tampered, bytes);
  const verdict = await verifyApart(tampered, stage.vkey);
  expect.same([verdict.exitCode, verdict.ok], [1, false], "the verifier refuses the changed export");
  teller.checked(`Byte ${at} of ${bytes.length} is another: refused (${verdict.code}, exit 1).`);
}

const ZERO = 0x30;
const ONE = 0x31;

/** The first digit after the middle of the file: JSON stays JSON, so that only the proof can tell. */
function changeable(bytes: Uint8Array): number {
  const isDigit = (byte: number) => byte >= ZERO && byte <= ZERO + 9;
  return bytes.findIndex((byte, i) => i >= bytes.length / 2 && isDigit(byte));
}
