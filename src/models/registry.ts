import { and, asc, desc, eq, inArray, max } from "drizzle-orm";
import { fromHex, toHex } from "../../audit/bytes.ts";
import type { Database } from "../db/client.ts";
import { Gather } from "../db/gather.ts";
import { modelAlias, modelFile, modelVersion } from "../db/tables.ts";
import { Problem } from "../errors.ts";
import type { Cell } from "../explain/game.ts";
import { type BackgroundSummary, encodeSummary, SUMMARY_FILE } from "./background-summary.ts";
import type { Contract } from "./contract.ts";
import { readDerived } from "./derived-files.ts";
import type { CheckedPackage, PackageFileName } from "./package.ts";
import type { Predictor, PredictorSource } from "./predictor.ts";
import { readContract } from "./read-contract.ts";
import { readRowsCsv } from "./rows-csv.ts";

/** The alias that a decision uses when no version is asked for. */
export const CHAMPION = "champion";

/** A published version as people read it: no model, no thread. */
export interface PublishedVersion {
  model: string;
  version: number;
  contract: Contract;
  publishedAt: Date;
  /** SHA-256 in hex. */
  digests: { model: string; background: string; policy: string };
}

/** A published version ready to predict. */
export interface LiveVersion extends PublishedVersion {
  predictor: Predictor;
  background: readonly (readonly Cell[])[];
  /** One a background row, summing to 1, where a summary stands for the package's background. */
  weights?: Float64Array;
}

async function filesOf(db: Database, model: string, version: number, names: readonly PackageFileName[]) {
  const rows = await db
    .select({ name: modelFile.name, content: modelFile.content })
    .from(modelFile)
    .where(
      and(eq(modelFile.model, model), eq(modelFile.version, version), inArray(modelFile.name, [...names])),
    );
  const byName = new Map(rows.map((row) => [row.name, row.content]));
  return names.map((name) => {
    const content = byName.get(name);
    if (!content) throw new Error(`Version ${version} of ${model} lacks ${name}`);
    return content;
  });
}

/**
 * Published versions, read from the database and kept, since a version never changes. Predictors open on first use:
 * reading a contract needs no thread, and an edge Worker has none.
 */
export class ModelRegistry {
  readonly #db: Database;
  readonly #openPredictor: ((source: PredictorSource) => Promise<Predictor>) | undefined;
  readonly #champions = new Gather<string, number | undefined>(async (models) => {
    const rows = await this.#db
      .select()
      .from(modelAlias)
      .where(and(inArray(modelAlias.model, [...new Set(models)]), eq(modelAlias.alias, CHAMPION)));
    return models.map((model) => rows.find((row) => row.model === model)?.version);
  });
  readonly #published = new Map<string, Promise<PublishedVersion>>();
  readonly #live = new Map<string, Promise<LiveVersion>>();
  readonly #named = new Set<string>();

  /** @param openPredictor absent where nothing predicts: on the edge */
  constructor(db: Database, openPredictor?: (source: PredictorSource) => Promise<Predictor>) {
    this.#db = db;
    this.#openPredictor = openPredictor;
  }

  async names(): Promise<string[]> {
    const rows = await this.#db
      .selectDistinct({ model: modelVersion.model })
      .from(modelVersion)
      .orderBy(asc(modelVersion.model));
    return rows.map((row) => row.model);
  }

  /**
   * What callers send for a name may be anything, a person's too. Only names that are published go into statements, whose
   * values the database's own log may repeat.
   */
  async isNamed(model: string): Promise<boolean> {
    if (!this.#named.has(model)) for (const name of await this.names()) this.#named.add(name);
    return this.#named.has(model);
  }

  /** Newest first. @throws Problem unknown_model */
  async versions(model: string): Promise<number[]> {
    if (!(await this.isNamed(model))) throw new Problem("unknown_model");
    const rows = await this.#db
      .select({ version: modelVersion.version })
      .from(modelVersion)
      .where(eq(modelVersion.model, model))
      .orderBy(desc(modelVersion.version));
    if (rows.length === 0) throw new Problem("unknown_model");
    return rows.map((row) => row.version);
  }

  async aliases(model: string): Promise<Record<string, number>> {
    if (!(await this.isNamed(model))) return {};
    const rows = await this.#db
      .select()
      .from(modelAlias)
      .where(eq(modelAlias.model, model))
      .orderBy(asc(modelAlias.alias));
    return Object.fromEntries(rows.map((row) => [row.alias, row.version]));
  }

  /** The version that `champion` points to. @throws Problem unknown_model */
  async champion(model: string): Promise<number> {
    if (!(await this.isNamed(model))) throw new Problem("unknown_model");
    const version = await this.#champions.ask(model);
    if (version === undefined) throw new Problem("unknown_model");
    return version;
  }

  /** @throws Problem unknown_model, unknown_version */
  async published(model: string, version: number): Promise<PublishedVersion> {
    return remembered(this.#published, `${model}/${version}`, () => this.#read(model, version));
  }

  /** What stands for the version's background in explanations, and the error that it introduces; null where all of it is used. */
  async backgroundSummary(model: string, version: number): Promise<BackgroundSummary | null> {
    if (!(await this.isNamed(model))) return null;
    return readDerived(this.#db, { model, version }, SUMMARY_FILE);
  }

  /** @throws Problem unknown_model, unknown_version */
  async live(model: string, version?: number): Promise<LiveVersion> {
    const number = version ?? (await this.champion(model));
    return remembered(this.#live, `${model}/${number}`, () => this.#open(model, number));
  }

  /**
   * Writes a checked package inside the caller's transaction: its files, its number, and `champion` when it is the
   * model's first. The caller appends the publish entry in the same transaction.
   * @throws Problem duplicate_version when exactly this package is there already
   */
  async store(
    tx: Database,
    checked: CheckedPackage,
    now: Date,
  ): Promise<{ version: number; champion: boolean }> {
    const model = checked.contract.name;
    const packageDigest = fromHex(checked.digests.package);
    const [same] = await tx
      .select({ version: modelVersion.version })
      .from(modelVersion)
      .where(and(eq(modelVersion.model, model), eq(modelVersion.packageDigest, packageDigest)));
    if (same) {
      throw new Problem("duplicate_version", `This package is version ${same.version} of ${model}`, {
        members: { model, version: same.version },
      });
    }
    const [highest] = await tx
      .select({ version: max(modelVersion.version) })
      .from(modelVersion)
      .where(eq(modelVersion.model, model));
    const version = (highest?.version ?? 0) + 1;
    await tx.insert(modelVersion).values({
      model,
      version,
      packageDigest,
      modelDigest: fromHex(checked.digests.model),
      backgroundDigest: fromHex(checked.digests.background),
      policyDigest: fromHex(checked.digests.policy),
      publishedAt: now,
    });
    await tx
      .insert(modelFile)
      .values([...checked.files].map(([name, content]) => ({ model, version, name, content })));
    if (checked.summary) {
      const content = encodeSummary(checked.summary);
      await tx.insert(modelFile).values({ model, version, name: SUMMARY_FILE, content });
    }
    if (version === 1) await this.point(tx, model, CHAMPION, version);
    return { version, champion: version === 1 };
  }

  /** Moves an alias inside the caller's transaction, which also appends the entry that says so. */
  async point(tx: Database, model: string, alias: string, version: number): Promise<void> {
    await tx
      .insert(modelAlias)
      .values({ model, alias, version })
      .onConflictDoUpdate({ target: [modelAlias.model, modelAlias.alias], set: { version } });
  }

  /** Ends every predictor's threads. */
  async close(): Promise<void> {
    const live = await Promise.allSettled(this.#live.values());
    await Promise.all(
      live.map((each) => (each.status === "fulfilled" ? each.value.predictor.close() : undefined)),
    );
  }

  async #read(model: string, version: number): Promise<PublishedVersion> {
    if (!(await this.isNamed(model))) throw new Problem("unknown_model");
    const [row] = await this.#db
      .select()
      .from(modelVersion)
      .where(and(eq(modelVersion.model, model), eq(modelVersion.version, version)));
    if (!row) {
      await this.versions(model);
      throw new Problem("unknown_version");
    }
    const [yaml] = await filesOf(this.#db, model, version, ["model.yaml"]);
    return {
      model,
      version,
      contract: readContract(yaml!),
      publishedAt: row.publishedAt,
      digests: {
        model: toHex(row.modelDigest),
        background: toHex(row.backgroundDigest),
        policy: toHex(row.policyDigest),
      },
    };
  }

  async #open(model: string, version: number): Promise<LiveVersion> {
    const published = await this.published(model, version);
    const { contract } = published;
    const [onnx, backgroundCsv] = await filesOf(this.#db, model, version, ["model.onnx", "background.csv"]);
    const { csv } = readRowsCsv(contract, "background.csv", backgroundCsv!, {
      maxRows: Number.MAX_SAFE_INTEGER,
    });
    const summary = await this.backgroundSummary(model, version);
    const background = summary ? summary.rows.map((row) => csv.rows[row]!) : csv.rows;
    if (!this.#openPredictor) throw new Problem("upstream_not_configured");
    const predictor = await this.#openPredictor({ onnx: onnx!, contract, background });
    const weights = summary && { weights: Float64Array.from(summary.weights) };
    return { ...published, predictor, background, ...weights };
  }
}

/** A failed attempt is not remembered: the database may be back the next time. */
function remembered<T>(cache: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = cache.get(key);
  if (known) return known;
  const made = make();
  cache.set(key, made);
  made.catch(() => cache.delete(key));
  return made;
}
