import { fork } from "node:child_process";
import type { Measured } from "./load.ts";

/** Rate of several processes together, each with so many callers. They begin at one moment. */
export async function replicasAtOnce(
  processes: number,
  load: { url: string; keys: string; callers: number; seconds: number },
): Promise<Pick<Measured, "rate" | "p50" | "p99" | "node">> {
  const children = Array.from({ length: processes }, () =>
    fork(new URL("./replica.ts", import.meta.url), [
      load.url,
      load.keys,
      String(load.callers),
      String(load.seconds),
    ]),
  );
  const next = (child: (typeof children)[number]) =>
    new Promise<unknown>((resolve, reject) => {
      child.once("message", resolve);
      child.once("error", reject);
    });
  await Promise.all(children.map(next));
  const answers = Promise.all(children.map(next));
  for (const child of children) child.send("go");
  const measured = (await answers) as Measured[];
  const mean = (pick: (one: Measured) => number) =>
    measured.reduce((sum, one) => sum + pick(one), 0) / measured.length;
  return {
    rate: measured.reduce((sum, { rate }) => sum + rate, 0),
    p50: mean(({ p50 }) => p50),
    p99: mean(({ p99 }) => p99),
    node: mean(({ node }) => node),
  };
}
