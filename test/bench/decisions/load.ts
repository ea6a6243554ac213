import { Agent, request } from "node:http";
import { performance } from "node:perf_hooks";

export interface Loaded {
  /** Answers a second. */
  rate: number;
  p50: number;
  p99: number;
  answers: number;
}

/** So many keep-alive connections, each asking again as soon as it is answered. @throws when an answer is no 201 */
export async function load(
  url: string,
  token: string,
  connections: number,
  seconds: number,
  bodyOf: (i: number) => string,
): Promise<Loaded> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const target = new URL(url);
  const waits: number[] = [];
  let asked = 0;
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const body = bodyOf(asked++);
      const start = performance.now();
      const sent = request(
        target,
        {
          agent,
          method: "POST",
          headers: {
            "content-type": "application/json",
            "content-length": Buffer.byteLength(body),
            ...(token && { authorization: `Bearer ${token}` }),
          },
        },
        (answer) => {
          const parts: Buffer[] = [];
          answer.on("data", (part: Buffer) => parts.push(part));
          answer.on("end", () => {
            waits.push(performance.now() - start);
            if (answer.statusCode === 201) resolve();
            else reject(new Error(`${answer.statusCode}: ${Buffer.concat(parts).toString().slice(0, 300)}`));
          });
        },
      );
      sent.on("error", reject);
      sent.end(body);
    });
  const begun = performance.now();
  const lane = async () => {
    while (performance.now() - begun < seconds * 1_000) await one();
  };
  await Promise.all(Array.from({ length: connections }, lane));
  const took = (performance.now() - begun) / 1_000;
  agent.destroy();
  const sorted = waits.toSorted((a, b) => a - b);
  const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
  return { rate: waits.length / took, p50: at(0.5), p99: at(0.99), answers: waits.length };
}
