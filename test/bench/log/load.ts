/** What is asked of a store, and how it answers: callers that wait for each other's answers, or arrivals at a rate. */

export interface Measured {
  /** Answers a second. */
  rate: number;
  p50: number;
  p99: number;
  /** CPU an answer in µs: this process, and PostgreSQL with all its processes. */
  node: number;
  postgres: number;
}

export const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;

export const median = (values: readonly number[]): number =>
  quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );

function summary(latencies: number[], seconds: number, cpu: { node: number; postgres: number }): Measured {
  latencies.sort((a, b) => a - b);
  const { length } = latencies;
  return {
    rate: length / seconds,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    node: cpu.node / length,
    postgres: cpu.postgres / length,
  };
}

/** @param postgresUs CPU that the server has used so far */
async function metered<T>(postgresUs: () => number, work: () => Promise<T>) {
  const node = process.cpuUsage();
  const postgres = postgresUs();
  const started = performance.now();
  const result = await work();
  const seconds = (performance.now() - started) / 1000;
  const used = process.cpuUsage(node);
  return { result, seconds, cpu: { node: used.user + used.system, postgres: postgresUs() - postgres } };
}

/** `callers` that each wait for one answer before they ask again, for so many seconds. */
export async function closedLoop(
  callers: number,
  seconds: number,
  postgresUs: () => number,
  one: (caller: number) => Promise<unknown>,
): Promise<Measured> {
  const latencies: number[] = [];
  const until = performance.now() + seconds * 1000;
  const run = await metered(postgresUs, () =>
    Promise.all(
      Array.from({ length: callers }, async (_, caller) => {
        while (performance.now() < until) {
          const asked = performance.now();
          await one(caller);
          latencies.push(performance.now() - asked);
        }
      }),
    ),
  );
  return summary(latencies, run.seconds, run.cpu);
}

/**
 * Arrivals at `rate` a second, whether or not earlier ones were answered. What is timed begins when it should have been
 * asked, so that a stall counts for everybody who would have come meanwhile.
 */
export async function openLoop(
  rate: number,
  seconds: number,
  postgresUs: () => number,
  one: (arrival: number) => Promise<unknown>,
): Promise<Measured> {
  const latencies: number[] = [];
  const asked: Promise<void>[] = [];
  const run = await metered(postgresUs, async () => {
    const started = performance.now();
    for (let arrival = 0; arrival < rate * seconds; ) {
      const due = Math.min((performance.now() - started) / 1000, seconds) * rate;
      for (; arrival < due; arrival++) {
        const at = started + (arrival / rate) * 1000;
        asked.push(one(arrival).then(() => void latencies.push(performance.now() - at)));
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await Promise.all(asked);
  });
  return summary(latencies, run.seconds, run.cpu);
}
