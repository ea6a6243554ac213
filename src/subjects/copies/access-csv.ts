import type { AccessHead, AccessPage, AccessWriter } from "./access-files.ts";
import { CsvFile } from "./csv.ts";
import type { CopySink } from "./sink.ts";
import type { ToldPurpose } from "./told.ts";
import { featureLabel, valueLabel } from "./value-words.ts";

const DECISIONS = [
  ...["decision", "at", "log_index", "model", "version", "client", "outcome", "score", "threshold", "base"],
  ...["method", "seed", "model_rows", "language", "reasons"],
  ...["subject_id", "subject_name", "subject_email", "subject_phone", "subject_document"],
] as const;
const INPUTS = ["decision", "feature", "label", "value", "value_label", "attribution", "lower", "upper"];
const OPENED = ["time", "role", "purpose", "what", "decision", "log_index", "model"];
const REQUESTS = [
  "request",
  "reference",
  "right",
  "state",
  "channel",
  "received_at",
  "closed_at",
  "due",
  "target",
];

const MANDATES = ["mandate", "reference", "side", "representative", "name", "rights", "recorded_at", "until"];
const MANDATES_END = ["ended_at", "ended_by", "evidence", "evidence_sha256", "used_at", "used_for"];

/** A row a mandate and, of those that the person gave, one more for each use. */
async function writeMandates(sink: CopySink, { given, held }: AccessHead["mandates"]): Promise<void> {
  const file = await CsvFile.open(sink, "mandates.csv", [...MANDATES, ...MANDATES_END]);
  const rights = (of: readonly string[]) => of.join(" ");
  for (const { evidence, uses, ...one } of given) {
    const base = [
      ...[one.id, one.reference, "given", one.representative, one.name, rights(one.rights)],
      ...[one.recordedAt, one.until, one.revoked?.at, one.revoked?.by, evidence.note, evidence.sha256],
    ];
    await file.row(base);
    for (const { at, what } of uses) await file.row([...base, at, what]);
  }
  for (const one of held)
    await file.row([
      ...[one.id, one.reference, "held", undefined, undefined, rights(one.rights)],
      ...[one.recordedAt, one.until, one.revoked?.at, one.revoked?.by],
    ]);
  await file.end();
}

/** The same as tables: a row a decision, a row an input, a row an opening, a row a request. */
export class AccessCsv implements AccessWriter {
  readonly #head: AccessHead;
  readonly #decisions: CsvFile;
  readonly #inputs: CsvFile;
  readonly #opened: CsvFile;

  private constructor(head: AccessHead, [decisions, inputs, opened]: [CsvFile, CsvFile, CsvFile]) {
    this.#head = head;
    this.#decisions = decisions;
    this.#inputs = inputs;
    this.#opened = opened;
  }

  static async open(sink: CopySink, head: AccessHead): Promise<AccessCsv> {
    const requests = await CsvFile.open(sink, "requests.csv", REQUESTS);
    for (const { id, reference, right, state, channel, receivedAt, closedAt, due, target } of head.requests)
      await requests.row([id, reference, right, state, channel, receivedAt, closedAt, due, target]);
    await requests.end();
    await writeMandates(sink, head.mandates);
    return new AccessCsv(head, [
      await CsvFile.open(sink, "decisions.csv", DECISIONS),
      await CsvFile.open(sink, "inputs.csv", INPUTS),
      await CsvFile.open(sink, "opened.csv", OPENED),
    ]);
  }

  async page({ decisions, contracts }: AccessPage): Promise<void> {
    for (const { at, logIndex, client, subject, inputs, decision: d } of decisions) {
      await this.#decisions.row([
        ...[d.id, at, logIndex, d.model, d.version, client, d.outcome, d.score, d.threshold, d.base],
        ...[d.method, d.seed, d.modelRows, d.language, d.reasons.map(({ text }) => text).join("\n")],
        ...[subject.id, subject.name, subject.email, subject.phone, subject.document],
      ]);
      const contract = contracts.get(`${d.model}@${d.version}`);
      for (const [feature, value] of Object.entries(inputs)) {
        const { value: weight, interval: [lower, upper] = [] } = d.attributions[feature] ?? {};
        const label = featureLabel(contract, feature, this.#head.language);
        const words = valueLabel(contract, feature, value, this.#head.language);
        await this.#inputs.row([d.id, feature, label, value, words, weight, lower, upper]);
      }
    }
  }

  async endUse({ model, opened }: ToldPurpose): Promise<void> {
    for (const { time, role, purpose, what, decision, logIndex } of opened)
      await this.#opened.row([time, role, purpose, what, decision, logIndex, model]);
  }

  async end(): Promise<void> {
    for (const file of [this.#decisions, this.#inputs, this.#opened]) await file.end();
  }
}
