import type { Database } from "../db/client.ts";
import type { Head, Log } from "../db/log.ts";
import type { ModelRegistry } from "../models/registry.ts";
import type { EpochRing } from "../privacy/epoch-ring.ts";
import type { DecisionCore } from "./decision.ts";

/** What the verbs of decisions and subjects work on. Clock and chance are handed in: nothing reads them by itself. */
export interface Deps {
  db: Database;
  log: Log;
  /**
   * The head that a document leaves the house under, cosigned where witnesses are asked for and answer in time.
   * @param least what the document is about lies below this size
   */
  attested: (least: number) => Promise<Head>;
  /** The epochs whose keys this process holds. */
  epoch: EpochRing;
  models: ModelRegistry;
  now: () => Date;
  /** A random UUID (version 4): it must tell neither time nor order. */
  randomId: () => string;
  /** Told of each decision once it stands, for what follows it; neither throws nor waits. Absent: nothing follows by itself. */
  decided?: (decision: Pick<DecisionCore, "id" | "model" | "version" | "outcome">) => void;
}
