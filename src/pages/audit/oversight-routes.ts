import { stream } from "hono/streaming";
import { Problem } from "../../errors.ts";
import type { PagesDeps } from "../deps.ts";
import { verifier } from "../verifier.ts";
import type { Mount, Visit } from "../visit.ts";
import { auditLogPage } from "./log.ts";
import { auditModelPage, noModelPage } from "./model.ts";

type Deps = Pick<PagesDeps, "overseer" | "logState">;

/** Written out before the next portion is asked for. */
const EXPORT_BLOCK = 65_536;
/** How often the page of a model reloads itself while its importance is worked out. */
const RELOAD_SECONDS = "5";
const SIZE = /^(0|[1-9]\d{0,14})$/;

/** An auditor's pages about the log and the models, and what they check in their own browser. */
export function mountOversight(mount: Mount, { overseer, logState }: Deps): void {
  mount("get", "/verifier/:build/:file", ({ c }) => {
    const bytes = verifier().find(c.req.param("build") ?? "", c.req.param("file") ?? "");
    if (bytes === undefined) throw new Problem("not_found");
    return c.body(bytes, 200, {
      "content-type": "text/javascript; charset=utf-8",
      "cache-control": "public, max-age=31536000, immutable",
    });
  });

  mount("get", "/audit/log", async ({ c, scene, show }) => {
    const typed = { kept: (c.req.query("kept") ?? "").trim(), to: (c.req.query("to") ?? "").trim() };
    const view = { history: await overseer.logHistory(), typed, comparison: null, refused: null };
    if (typed.kept === "") return show(auditLogPage(scene, view));
    try {
      if (typed.to !== "" && !SIZE.test(typed.to)) throw new Problem("invalid_request");
      const kept = SIZE.test(typed.kept) ? Number(typed.kept) : `${typed.kept.replaceAll("\r\n", "\n")}\n`;
      const comparison = await overseer.compareCheckpoints(
        kept,
        typed.to === "" ? undefined : Number(typed.to),
      );
      return show(auditLogPage(scene, { ...view, comparison }));
    } catch (error) {
      const codes = ["invalid_checkpoint", "unknown_entry", "invalid_request"];
      if (!(error instanceof Problem && codes.includes(error.code))) throw error;
      return show(auditLogPage(scene, { ...view, refused: error }), 422);
    }
  });

  mount("get", "/audit/export", async ({ c, actor }) => {
    const { size, lines } = await overseer.exportLog(actor);
    c.header("content-type", "application/x-ndjson");
    c.header("content-disposition", `attachment; filename="motivo-log-${size}.ndjson"`);
    c.header("cache-control", "no-store");
    return stream(c, async (out) => {
      let block = "";
      for await (const line of lines) {
        block += line;
        if (block.length > EXPORT_BLOCK) {
          await out.write(block);
          block = "";
        }
      }
      await out.write(block);
    });
  });

  mount("get", "/audit/decisions/:id/evidence", async ({ c, actor }) => {
    const { logIndex, document } = await overseer.evidence(actor, c.req.param("id") ?? "");
    return c.body(document, 200, {
      "content-type": "application/json",
      "content-disposition": `attachment; filename="motivo-evidence-${logIndex}.json"`,
      "cache-control": "no-store",
    });
  });

  const shown = async ({ c, scene, actor, show }: Visit, model: string, version?: number) => {
    const overview = await overseer.auditModel(actor, model, version);
    const [models, { size, root }] = await Promise.all([overseer.auditModels(), logState()]);
    if (overview.importance.state === "computing") c.header("refresh", RELOAD_SECONDS);
    return show(auditModelPage(scene, { ...overview, models, log: { size, root } }));
  };
  mount("get", "/audit/models", async (visit) => {
    const [first] = await overseer.auditModels();
    if (first !== undefined) return shown(visit, first.model);
    const { size, root } = await logState();
    return visit.show(noModelPage(visit.scene, { size, root }));
  });
  mount("get", "/audit/models/:model/:version", (visit) => {
    const version = visit.c.req.param("version") ?? "";
    if (!/^[1-9]\d{0,8}$/.test(version)) throw new Problem("unknown_version");
    return shown(visit, visit.c.req.param("model") ?? "", Number(version));
  });
}
