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
const REQUESTS = ["request", "reference", "right", "state", "received_at", "closed_at", "due", "target"];

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
    for (const { id, reference, right, state, receivedAt, closedAt, due, target } of head.requests)
      await requests.row([id, reference, right, state, receivedAt, closedAt, due, target]);
    await requests.end();
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
