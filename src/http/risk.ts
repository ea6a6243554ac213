import { Gauge, Registry } from "prom-client";
import { z } from "zod";
import { coarsenRecords } from "../decisions/coarsen.ts";
import type { Deps } from "../decisions/deps.ts";
import { type LiveRisk, riskOfRecords } from "../decisions/live-risk.ts";
import type { Api } from "./api.ts";

const READERS = { scope: ["operator", "auditor"] } as const;
const TAG = "Processing";

const share = z.number().min(0).max(1);
const report = z.object({
  rows: z.int(),
  classes: z.int().meta({ description: "records equal in every quasi-identifier" }),
  k: z.int().meta({ description: "records in the smallest class" }),
  uniques: z.int(),
  uniqueness: share,
  below: z.object({ "2": z.int(), "3": z.int(), "5": z.int(), "10": z.int() }),
  prosecutor_highest: share,
  prosecutor_average: share,
  rows_at_highest: share,
  largest_class: z.int(),
  sensitive: z.record(
    z.string(),
    z.object({
      distinct: z.int(),
      distinct_l: z.int(),
      entropy_l: z.number(),
      t_equal: share,
      t_ordered: share.optional(),
    }),
  ),
});
export const liveRisk = z
  .object({
    model: z.string(),
    quasiIdentifiers: z.array(z.string()),
    sensitive: z.array(z.object({ name: z.string(), ordered: z.boolean() })),
    measuredAt: z.iso.datetime(),
    report: report.nullable().meta({ description: "null: no record, or no quasi-identifier declared" }),
  })
  .meta({ id: "LiveRisk" });

export const coarseningRun = z
  .object({
    model: z.string(),
    k: z.int(),
    records: z.int().meta({ description: "records that say less now" }),
    entries: z.array(z.int()).meta({ description: "the entries of the log that justify it" }),
  })
  .meta({ id: "CoarseningRun" });

/** The risk of each model's records as it was measured last, as gauges whose only label is the model's name. */
export class RiskGauges {
  readonly #registry = new Registry();
  readonly #gauges = new Map<string, Gauge>();

  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;

  /** Measures every model anew. A model that cannot be measured leaves the others as they are, and throws at the end. */
  async measure(deps: Pick<Deps, "db" | "models" | "now">): Promise<void> {
    const failed: unknown[] = [];
    for (const model of await deps.models.names()) {
      try {
        await this.measureModel(deps, model);
      } catch (error) {
        failed.push(error);
      }
    }
    if (failed.length > 0) throw failed[0];
  }

  /** One model anew: what was measured last does not hold any more. */
  async measureModel(deps: Pick<Deps, "db" | "models" | "now">, model: string): Promise<void> {
    this.#take(await riskOfRecords(deps, model));
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #take({ model, measuredAt, report }: LiveRisk): void {
    const set = (name: string, help: string, value: number) => {
      const gauge =
        this.#gauges.get(name) ??
        new Gauge({ name: `motivo_risk_${name}`, help, labelNames: ["model"], registers: [this.#registry] });
      this.#gauges.set(name, gauge);
      gauge.set({ model }, value);
    };
    set("measured_timestamp_seconds", "When the records were measured", Date.parse(measuredAt) / 1000);
    set("records", "Decisions on the record", report?.rows ?? 0);
    if (report === null) return;
    set("k", "Records in the smallest class of equal quasi-identifiers", report.k);
    set("unique_records", "Records alone in their class", report.uniques);
    set("records_below_five", "Records in a class of fewer than five", report.below["5"]);
    set("prosecutor_highest", "1 / k", report.prosecutor_highest);
    set("prosecutor_average", "Classes / records", report.prosecutor_average);
  }
}

/** For the officer and for monitors: how easily people are found among the records. Counts over everybody, no rows. */
export function riskRoutes(api: Api, deps: Deps, gauges: RiskGauges): void {
  api.route(
    {
      method: "get",
      path: "/v1/models/{model}/risk",
      access: READERS,
      tag: TAG,
      summary: "k, l, t and prosecutor risk of a model's decisions on the record",
      description:
        "Measured now, over the quasi-identifiers that the version in use declares, in ARX's terms. Reads every record of the model.",
      params: z.strictObject({ model: z.string() }),
      answers: { 200: { description: "Counts over everybody", schema: liveRisk } },
      problems: ["unknown_model"],
    },
    async ({ c, params }) => c.json(await riskOfRecords(deps, params.model)),
  );

  api.route(
    {
      method: "post",
      path: "/v1/models/{model}/coarsen",
      access: { scope: "operator" },
      tag: TAG,
      summary: "Make records of a model coarser until k of them are alike",
      description:
        "Replaces records whose class of equal quasi-identifiers has fewer than k by coarser ones, at most to the coarsest level of their hierarchy. An entry of kind coarsening commits to the new records; the old ones are gone. Nobody's vault is opened.",
      params: z.strictObject({ model: z.string() }),
      body: z.strictObject({
        k: z.int().min(2).max(1000).optional().meta({ description: "absent: what the package states" }),
      }),
      answers: { 200: { description: "What was replaced", schema: coarseningRun } },
      problems: ["unknown_model", "k_not_stated"],
    },
    async ({ c, actor, params, body }) => {
      const k = body.k === undefined ? {} : { k: body.k };
      const run = await coarsenRecords(deps, params.model, { ...k, operator: actor.subject });
      if (run.records > 0) await gauges.measureModel(deps, params.model);
      return c.json(run);
    },
  );

  api.route(
    {
      method: "get",
      path: "/metrics",
      access: READERS,
      tag: "Service",
      summary: "Gauges for a monitor (Prometheus text format)",
      description:
        "The risk of each model's records as measured last: every MOTIVO_RISK_INTERVAL_S seconds, and when records were erased or made coarser.",
      answers: { 200: { description: "Gauges", mediaType: "text/plain" } },
    },
    async ({ c }) => c.body(await gauges.text(), 200, { "content-type": gauges.contentType }),
  );
}
