import { setTimeout as pause } from "node:timers/promises";
import { and, desc, eq, inArray, notExists } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import { record } from "../db/tables.ts";
import { makeCounterfactuals, withoutCounterfactuals } from "./counterfactuals.ts";
import type { DecisionCore } from "./decision.ts";
import type { Deps } from "./deps.ts";
import { unfavourableOf } from "./search-changes.ts";

/** Decisions that wait at most; those beyond are computed when somebody asks, or at the next start. */
const MOST_WAITING = 1_000;
/** Answers that are under way go out first. */
const HEAD_START_MS = 50;
/** Rests after each that long, as a multiple of what it took: while decisions are being made, and once none are. */
const REST = { busy: 9, quiet: 1 };
const MOST_REST_MS = 1_000;
/** Without a decision for this long, nobody waits for an answer. */
const QUIET_MS = 1_000;
/** Decisions of a version that are looked at after a start, newest first. */
const MOST_CAUGHT_UP = 500;

/** What is worked out about decisions after they were answered. */
export interface FollowUps {
  /** Takes note of a decision that stands; never throws, and takes no time. */
  decided(decision: Pick<DecisionCore, "id" | "model" | "version" | "outcome">): void;
  /** Done once nothing waits. */
  idle(): Promise<void>;
  /** Finishes what it is at, and begins nothing more. */
  close(): Promise<void>;
}

/** Unfavourable decisions that have no counterfactuals on the record, as a crash or a full queue leaves them. */
export async function withoutFollowUp(deps: Pick<Deps, "db" | "models">): Promise<string[]> {
  const about = alias(record, "about");
  const missing: string[] = [];
  for (const model of await deps.models.names()) {
    for (const version of await deps.models.versions(model)) {
      const { contract } = await deps.models.published(model, version);
      const outcomes = unfavourableOf(contract);
      if (outcomes.length === 0 || withoutCounterfactuals(contract, outcomes[0]!) !== null) continue;
      const rows = await deps.db
        .select({ id: record.id })
        .from(record)
        .where(
          and(
            eq(record.kind, "decision"),
            eq(record.model, model),
            eq(record.version, version),
            inArray(record.outcome, outcomes),
            notExists(
              deps.db
                .select({ id: about.id })
                .from(about)
                .where(and(eq(about.about, record.id), eq(about.kind, "explanation"))),
            ),
          ),
        )
        .orderBy(desc(record.logIndex))
        .limit(MOST_CAUGHT_UP);
      missing.push(...rows.map(({ id }) => id));
    }
  }
  return missing;
}

/**
 * Computes counterfactuals behind the decisions' backs, one at a time, and rests after each, so that a tenth of one thread
 * at most is taken from those who wait for an answer, and half of it from nobody. Nothing here is needed for a promise to hold: what
 * is lost with the process is computed at the next start, or when it is asked for.
 */
export function openFollowUps(deps: Deps, onError: (error: unknown) => void): FollowUps {
  const waiting: string[] = [];
  let open = true;
  let work: Promise<void> | null = null;
  let lastDecided = Number.NEGATIVE_INFINITY;

  const drain = async () => {
    for (let id = waiting.shift(); open && id !== undefined; id = waiting.shift()) {
      const before = performance.now();
      await makeCounterfactuals(deps, id).catch(onError);
      const now = performance.now();
      const rest = now - lastDecided < QUIET_MS ? REST.busy : REST.quiet;
      if (waiting.length > 0) await pause(Math.min(MOST_REST_MS, rest * (now - before)));
    }
    work = null;
  };
  const take = (id: string) => {
    if (!open || waiting.length >= MOST_WAITING) return;
    waiting.push(id);
    work ??= pause(HEAD_START_MS).then(drain);
  };
  const begun = withoutFollowUp(deps).then((ids) => {
    for (const id of ids) take(id);
  }, onError);

  return {
    decided({ id, model, version, outcome }) {
      lastDecided = performance.now();
      deps.models
        .published(model, version)
        .then(({ contract }) => {
          if (withoutCounterfactuals(contract, outcome) === null) take(id);
        })
        .catch(onError);
    },
    async idle() {
      await begun;
      // What was decided just now is taken note of once its contract was looked up.
      await pause(0);
      while (work) await work;
    },
    async close() {
      open = false;
      waiting.length = 0;
      await begun;
      while (work) await work;
    },
  };
}
