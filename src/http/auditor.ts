import { stream } from "hono/streaming";
import { z } from "zod";
import { toBase64 } from "../../audit/bytes.ts";
import { hourOf } from "../../audit/leaf.ts";
import { exportLines } from "../db/log-export.ts";
import { type AuditFilter, listDecisions, openDecision } from "../decisions/audited.ts";
import type { AuditedDecision } from "../decisions/decision.ts";
import type { Deps } from "../decisions/deps.ts";
import { evidenceOf, traceExport } from "../decisions/evidence.ts";
import { timeOfHour } from "../decisions/times.ts";
import { Problem } from "../errors.ts";
import type { Api } from "./api.ts";
import * as schemas from "./schemas.ts";

const TAG = "Audit";

const time = z.union([z.iso.datetime({ offset: true }), z.iso.date()]);
const query = z.strictObject({
  model: schemas.modelName.optional(),
  version: schemas.versionNumber.optional(),
  outcome: z.string().max(64).optional(),
  from: time.optional().meta({ description: "RFC 3339 date or time, included" }),
  to: time.optional().meta({ description: "RFC 3339 date or time, included" }),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(64).optional(),
});

/** First or last hour that a date or time takes in. */
function hourBound(text: string, side: "from" | "to"): number {
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const hour = hourOf(new Date(isDate ? `${text}T00:00:00Z` : text));
  return side === "to" && isDate ? hour + 23 : hour;
}

export function auditFilter(asked: {
  model?: string | undefined;
  version?: number | undefined;
  outcome?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
}): AuditFilter {
  return {
    ...(asked.model === undefined ? {} : { model: asked.model }),
    ...(asked.version === undefined ? {} : { version: asked.version }),
    ...(asked.outcome === undefined ? {} : { outcome: asked.outcome }),
    ...(asked.from === undefined ? {} : { fromHour: hourBound(asked.from, "from") }),
    ...(asked.to === undefined ? {} : { toHour: hourBound(asked.to, "to") }),
  };
}

/** Opaque to clients; inside, the index that the next page stays below. */
export const encodeCursor = (below: number): string => Buffer.from(`b${below}`).toString("base64url");

/** @throws Problem invalid_cursor */
export function decodeCursor(cursor: string): number {
  const [, digits] =
    /^b(0|[1-9][0-9]{0,14})$/.exec(Buffer.from(cursor, "base64url").toString("latin1")) ?? [];
  if (digits === undefined || encodeCursor(Number(digits)) !== cursor) throw new Problem("invalid_cursor");
  return Number(digits);
}

const told = (item: AuditedDecision) => ({
  logIndex: item.logIndex,
  id: item.record?.id ?? null,
  time: timeOfHour(item.hour),
  model: item.model,
  version: item.version,
  outcome: item.record?.outcome ?? null,
  state: item.state.state,
  erasure: item.state.state === "erased" ? item.state.by : null,
  coarsening: (item.state.state === "kept" && item.state.coarsenedBy) || null,
  record: item.record,
});

const which = z.strictObject({
  id: z
    .string()
    .max(64)
    .meta({ description: "a decision's id, or its log index: the only way to an erased one" }),
});

/** For regulators and auditors: anonymised records with proofs, never raw input. Every reading is on the record. */
export function auditorRoutes(api: Api, deps: Deps): void {
  const access = { scope: "auditor" } as const;

  api.route(
    {
      method: "get",
      path: "/v1/audit/decisions",
      access,
      tag: TAG,
      summary: "Decisions on the record, newest first, the erased ones in their places",
      query,
      answers: { 200: { description: "A page", schema: schemas.auditedList } },
      problems: ["invalid_cursor"],
    },
    async ({ c, actor, query: asked }) => {
      const below = asked.cursor === undefined ? {} : { below: decodeCursor(asked.cursor) };
      const page = await listDecisions(deps, { name: actor.subject }, auditFilter(asked), {
        ...below,
        limit: asked.limit,
      });
      return c.json({
        items: page.items.map(told),
        next: page.next === null ? null : encodeCursor(page.next),
        reading: { logIndex: page.entry },
      });
    },
  );

  api.route(
    {
      method: "get",
      path: "/v1/audit/decisions/{id}",
      access,
      tag: TAG,
      summary: "One decision: the anonymised record, its explanation and its proof",
      params: which,
      answers: { 200: { description: "The record", schema: schemas.openedDecision } },
      problems: ["unknown_decision", "decision_erased"],
    },
    async ({ c, actor, params }) => {
      const opened = await openDecision(deps, { name: actor.subject }, params.id);
      return c.json({
        ...told(opened),
        proof: {
          logIndex: opened.logIndex,
          leafHash: toBase64(opened.leafHash),
          inclusionProof: opened.inclusionProof.map(toBase64),
          checkpoint: opened.checkpoint,
        },
        reading: { logIndex: opened.entry },
      });
    },
  );

  api.route(
    {
      method: "get",
      path: "/v1/audit/decisions/{id}/evidence",
      access,
      tag: TAG,
      summary: "One decision's evidence bundle, for `node audit/cli.ts verify`",
      params: which,
      answers: { 200: { description: "motivo-evidence/v1", schema: z.unknown() } },
      problems: ["unknown_decision", "decision_erased"],
    },
    async ({ c, actor, params }) => {
      const { logIndex, document } = await evidenceOf(deps, { name: actor.subject }, params.id);
      return c.body(document, 200, {
        "content-type": "application/json",
        "content-disposition": `attachment; filename="motivo-evidence-${logIndex}.json"`,
      });
    },
  );

  api.route(
    {
      method: "get",
      path: "/v1/audit/export",
      access,
      tag: TAG,
      summary: "The whole log as NDJSON, for `node audit/cli.ts verify`",
      answers: { 200: { description: "motivo-export/v1", mediaType: "application/x-ndjson" } },
    },
    async ({ c, actor }) => {
      const head = await traceExport(deps, { name: actor.subject });
      c.header("content-type", "application/x-ndjson");
      c.header("content-disposition", `attachment; filename="motivo-log-${head.size}.ndjson"`);
      return stream(c, async (out) => {
        let block = "";
        for await (const line of exportLines(deps.db, head)) {
          block += line;
          if (block.length > 65_536) {
            await out.write(block);
            block = "";
          }
        }
        await out.write(block);
      });
    },
  );
}
