import { randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import * as ort from "onnxruntime-node";
import pg from "pg";
import { readConfig } from "../../../src/config.ts";
import { readPackageFolder } from "../../../src/models/package.ts";
import { startService } from "../../../src/node.ts";
import { measureStages, type Stages } from "./stages.ts";

/**
 * A process that is asked for decisions: `bare` (Hono and onnxruntime-node), `insert` (the same with one plain INSERT) or
 * `whole` (the service). Says over IPC where it listens, and, when asked, how long its event loop was held up at most.
 */
const [mode, databaseUrl, folder] = process.argv.slice(2) as ["bare" | "insert" | "whole", string, string];

export interface Listening {
  url: string;
  token: string;
}

const say = (message: Listening | { gap: number } | { stages: Stages }) => process.send!(message);

/** How late a timer of a millisecond came at most, since last asked. */
let gap = 0;
let last = performance.now();
setInterval(() => {
  const now = performance.now();
  gap = Math.max(gap, now - last - 1);
  last = now;
}, 1).unref();

async function plain(insert: boolean): Promise<Listening> {
  const { onnx, contract } = await readPackageFolder("packages/german-credit");
  const session = await ort.InferenceSession.create(onnx, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 16 });
  if (insert)
    await pool.query(
      "CREATE TABLE IF NOT EXISTS plain_decision (id uuid PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), body jsonb NOT NULL)",
    );
  const probabilities = session.outputNames.at(-1)!;
  const app = new Hono();
  app.post("/decide", async (c) => {
    const { inputs } = await c.req.json<{ inputs: Record<string, string | number> }>();
    const feeds = Object.fromEntries(
      contract.features.map(({ name, type }) => {
        const value = inputs[name]!;
        return type === "category"
          ? [name, new ort.Tensor("string", [value as string], [1, 1])]
          : [name, new ort.Tensor("float32", Float32Array.of(value as number), [1, 1])];
      }),
    );
    const answer = await session.run(feeds, [probabilities]);
    const score = answer[probabilities]!.data[1] as number;
    const told = { id: randomUUID(), outcome: score >= 0.5 ? "approved" : "refused", score };
    if (insert)
      await pool.query({
        name: "insert",
        text: "INSERT INTO plain_decision (id, body) VALUES ($1, $2)",
        values: [told.id, JSON.stringify({ inputs, ...told })],
      });
    return c.json(told, 201);
  });
  const url = await new Promise<string>((resolve) => {
    serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) =>
      resolve(`http://127.0.0.1:${port}/decide`),
    );
  });
  return { url, token: "" };
}

async function service(): Promise<Listening> {
  const opened = await startService(
    readConfig({
      PORT: "0",
      MOTIVO_DEV: "1",
      MOTIVO_DATA: folder,
      DATABASE_URL: databaseUrl,
      MOTIVO_WORKERS: "1",
    }),
  );
  process.on("message", (message) => {
    if (message === "stages") void measureStages(opened.deps).then((stages) => say({ stages }));
  });
  return {
    url: `${opened.url}/v1/models/german-credit/decisions`,
    token: opened.dev!.tokens.product,
  };
}

process.on("message", (message) => {
  if (message !== "gap") return;
  say({ gap });
  gap = 0;
  last = performance.now();
});
process.once("SIGTERM", () => process.exit(0));
say(await (mode === "whole" ? service() : plain(mode === "insert")));
