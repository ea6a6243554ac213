import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { Deps } from "../decisions/deps.ts";
import { type DryRun, type DryRunAsked, dryRun } from "../decisions/dry-run.ts";
import { Problem } from "../errors.ts";

const HOUR_S = 3600;

/** A dry run for a client, API and pages alike, so that both draw on the same hour. */
export type DryRuns = (client: string, asked: DryRunAsked) => Promise<DryRun>;

/**
 * Dry runs, so many an hour and client. Somebody who could ask without end would learn the model by heart, or keep its
 * threads from deciding. Counted in this process's memory: nothing about a try is stored, and replicas count each
 * for itself. A request that is refused for its content costs nothing.
 * @returns a function that throws what `dryRun` does, and Problem too_many_dry_runs
 */
export function openDryRuns(deps: Pick<Deps, "models" | "randomId">, perHour: number): DryRuns {
  const hour = new RateLimiterMemory({ points: perHour, duration: HOUR_S });
  return (client, asked) =>
    dryRun(deps, asked, async () => {
      try {
        await hour.consume(client);
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error;
        throw new Problem("too_many_dry_runs", `A client may make ${perHour} dry runs an hour`, {
          retryAfterSeconds: Math.max(1, Math.ceil(error.msBeforeNext / 1000)),
        });
      }
    });
}
