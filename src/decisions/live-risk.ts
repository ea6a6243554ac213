import { and, asc, eq, gt } from "drizzle-orm";
import { canonicalize, type Json } from "../../audit/canonical.ts";
import { record } from "../db/tables.ts";
import { type RiskReport, RiskTable, type SensitiveColumn } from "../privacy/risk/report.ts";
import type { DecisionRecord } from "./decision.ts";
import type { Deps } from "./deps.ts";

/** How easily people are found among the records of one model. */
export interface LiveRisk {
  model: string;
  /** Of the version in use. */
  quasiIdentifiers: string[];
  /** What they must not lead to: the outcome, the score, and features that the package calls sensitive. */
  sensitive: SensitiveColumn[];
  measuredAt: string;
  /** Null where there is no record, or no quasi-identifier is declared. */
  report: RiskReport | null;
}

/** Few enough that a decision which is asked for meanwhile waits some milliseconds only. */
const PAGE = 500;

/**
 * k, l, t, uniqueness and prosecutor risk of the model's decisions on the record, over the quasi-identifiers that the
 * version in use declares: values as the record has them, an absent or dropped one being a value of its own. The numbers
 * concern everybody together, so reading them opens nobody's record.
 * @throws Problem unknown_model
 */
export async function riskOfRecords(
  deps: Pick<Deps, "db" | "models" | "now">,
  model: string,
): Promise<LiveRisk> {
  const { contract } = await deps.models.published(model, await deps.models.champion(model));
  const { quasiIdentifiers } = contract;
  const features = contract.features.flatMap(({ name, sensitivity }) =>
    sensitivity === "sensitive" && !quasiIdentifiers.includes(name) ? [name] : [],
  );
  const sensitive = [
    { name: "outcome", ordered: false },
    { name: "score", ordered: true },
    ...features.map((name) => ({ name, ordered: false })),
  ];
  const measured = { model, quasiIdentifiers, sensitive, measuredAt: deps.now().toISOString() };
  if (quasiIdentifiers.length === 0) return { ...measured, report: null };

  const table = new RiskTable(quasiIdentifiers.length, sensitive);
  for (const version of await deps.models.versions(model)) {
    for await (const { told } of recordsOf(deps, model, version)) {
      const { inputs, outcome, score } = told;
      const cell = (name: string) => asCell(inputs[name]);
      table.add(quasiIdentifiers.map(cell), [outcome, String(score), ...features.map(cell)]);
    }
  }
  return { ...measured, report: table.report() };
}

/** A version's decisions on the record with their places in the log, oldest first, some at a time. */
export async function* recordsOf(
  { db }: Pick<Deps, "db">,
  model: string,
  version: number,
): AsyncGenerator<{ logIndex: number; told: DecisionRecord }> {
  for (let after = -1; ; ) {
    const rows = await db
      .select({ logIndex: record.logIndex, body: record.body })
      .from(record)
      .where(
        and(
          eq(record.kind, "decision"),
          eq(record.model, model),
          eq(record.version, version),
          gt(record.logIndex, after),
        ),
      )
      .orderBy(asc(record.logIndex))
      .limit(PAGE);
    for (const { logIndex, body } of rows) yield { logIndex, told: JSON.parse(body) as DecisionRecord };
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.logIndex;
  }
}

/** Equal for equal recorded values, whatever the order of their members. */
export const asCell = (value: DecisionRecord["inputs"][string] | undefined): string =>
  value === undefined ? "" : canonicalize(value as unknown as Json);
