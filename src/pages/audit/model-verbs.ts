import { and, count, eq } from "drizzle-orm";
import { record } from "../../db/tables.ts";
import type { Deps } from "../../decisions/deps.ts";
import { attributionDistributions, type Distributions } from "../../decisions/distributions.ts";
import { ImportanceDesk, type ImportanceState } from "../../decisions/global-importance.ts";
import { leaveTrace } from "../../decisions/trace.ts";
import type { Actor } from "../../http/tokens.ts";
import type { BackgroundSummary } from "../../models/background-summary.ts";
import type { Contract } from "../../models/contract.ts";

export interface ModelOverview {
  model: string;
  version: number;
  /** Newest first, each with the aliases that point to it. */
  versions: { version: number; aliases: string[] }[];
  publishedAt: Date;
  contract: Contract;
  digests: { model: string; background: string; policy: string };
  summary: BackgroundSummary | null;
  /** Kept on the record. */
  decisions: number;
  importance: ImportanceState;
  distributions: Distributions;
  /** Of this reading. */
  entry: number;
}

export interface ModelVerbs {
  /** Models by name, with the version that `champion` points to. */
  auditModels(): Promise<{ model: string; version: number; contract: Contract }[]>;
  /** On the record, since its figures are read from people's records. @throws Problem unknown_model, unknown_version */
  auditModel(actor: Actor, model: string, version?: number): Promise<ModelOverview>;
}

export function modelVerbs(deps: Deps): ModelVerbs {
  const desk = new ImportanceDesk(deps);
  return {
    auditModels: async () =>
      Promise.all(
        (await deps.models.names()).map(async (model) => {
          const version = await deps.models.champion(model);
          return { model, version, contract: (await deps.models.published(model, version)).contract };
        }),
      ),
    async auditModel(actor, model, asked) {
      const version = asked ?? (await deps.models.champion(model));
      const published = await deps.models.published(model, version);
      const [versions, aliases, summary, [kept], importance, distributions] = await Promise.all([
        deps.models.versions(model),
        deps.models.aliases(model),
        deps.models.backgroundSummary(model, version),
        deps.db
          .select({ n: count() })
          .from(record)
          .where(and(eq(record.kind, "decision"), eq(record.model, model), eq(record.version, version))),
        desk.of(model, version),
        attributionDistributions(deps, published.contract, { model, version }),
      ]);
      const entry = await leaveTrace(deps, { role: "auditor", name: actor.subject }, "decision-list");
      const { contract, publishedAt, digests } = published;
      const aliasesOf = (of: number) =>
        Object.entries(aliases).flatMap(([alias, to]) => (to === of ? [alias] : []));
      return {
        model,
        version,
        versions: versions.map((one) => ({ version: one, aliases: aliasesOf(one) })),
        publishedAt,
        contract,
        digests,
        summary,
        decisions: kept?.n ?? 0,
        importance,
        distributions,
        entry,
      };
    },
  };
}
