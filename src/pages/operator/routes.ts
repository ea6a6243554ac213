import { z } from "zod";
import { Problem, type ProblemCode } from "../../errors.ts";
import { words } from "../../http/request-schemas.ts";
import { INPUT_CODES } from "../../models/inputs.ts";
import { isWithinCalendars } from "../../subjects/deadlines/calendar.ts";
import { instantOf, localOf } from "../../subjects/deadlines/local-time.ts";
import type { IncidentAsked } from "../../subjects/incident.ts";
import { inputsOf } from "../product/form.ts";
import type { Mount, Visit } from "../visit.ts";
import { OPERATOR_STEPS } from "./deps.ts";
import { formOf, type LogLine, type OperatorDeps } from "./desk.ts";
import { holdsPage } from "./holds.ts";
import { incidentPage } from "./incident.ts";
import { INCIDENT_FIELDS, type IncidentField, type IncidentTyped } from "./incident-form.ts";
import { mountIntake } from "./intake-routes.ts";
import { keysPage } from "./keys.ts";
import { logPage } from "./log.ts";
import { mountMandates } from "./mandate-routes.ts";
import { modelsPage } from "./models.ts";
import { needsWords, requestPage } from "./request.ts";
import { requestsPage } from "./requests.ts";
import { OVERSIGHT_DAYS, todayPage } from "./today.ts";

/** A refusal that leaves the reader where they were, with what they typed. What else is refused is a page of its own. */
const AT_THE_FORM: readonly ProblemCode[] = [
  "illegal_transition",
  "no_extension",
  "extension_too_late",
  "ground_not_applicable",
  "human_answer_needed",
  "unknown_restriction",
  "decision_superseded",
  "decision_erased",
  ...INPUT_CODES,
  "invalid_request",
  "invalid_package",
  "duplicate_version",
  "invalid_checkpoint",
];
const atTheForm = (error: unknown): Problem => {
  if (error instanceof Problem && AT_THE_FORM.includes(error.code)) return error;
  throw error;
};

/** The pages of operators. */
export function mountOperator(mount: Mount, deps: OperatorDeps): void {
  const { operator } = deps;
  const logLine = async () => {
    const { size, root } = await deps.logState();
    return { size, root };
  };

  mount("get", "/operator", async ({ scene, show }) => {
    const [agenda, counts, oversight, holds, versions, epochs, log] = await Promise.all([
      operator.agenda(),
      operator.openCounts(),
      operator.oversight(OVERSIGHT_DAYS),
      operator.holds(),
      operator.versions(),
      operator.epochs(),
      operator.logCondition(),
    ]);
    const place = operator.place();
    const now = deps.now();
    return show(todayPage(scene, { agenda, counts, oversight, holds, versions, epochs, log, place, now }));
  });

  mountRequests(mount, deps, logLine);
  mountIntake(mount, deps, logLine);
  mountMandates(mount, deps, logLine);
  mountHolds(mount, deps, logLine);
  mountModels(mount, deps, logLine);
  mountKeys(mount, deps, logLine);
  mountLog(mount, deps);
  mountIncident(mount, deps, logLine);
}

function mountRequests(mount: Mount, deps: OperatorDeps, logLine: LogLine): void {
  const { operator } = deps;
  mount("get", "/operator/requests", async ({ scene, show }) => {
    const [open, closed, log] = await Promise.all([operator.agenda(), operator.closedRequests(), logLine()]);
    return show(requestsPage(scene, { place: operator.place(), open, closed, log }));
  });

  mount("get", "/operator/requests/:id", async ({ c, scene, actor, show }) => {
    const opened = await operator.openRequest(actor, c.req.param("id") ?? "");
    const done = c.req.query("done") === "step";
    return show(requestPage(scene, { ...opened, done, refused: null, log: await logLine() }));
  });

  mount("post", "/operator/requests/:id/:step", async (visit) => {
    const { c, scene, actor, show } = visit;
    const typed = await formOf(deps, visit);
    const id = c.req.param("id") ?? "";
    const step = OPERATOR_STEPS.find((one) => one === c.req.param("step"));
    if (step === undefined) throw new Problem("not_found");
    const said = words(4000).safeParse(typed.text);
    try {
      if (needsWords(step) && !said.success) throw new Problem("invalid_request");
      const text = said.success ? said.data : "";
      await operator.takeStep(actor, id, step, {
        text,
        ...(typed.ground === undefined ? {} : { ground: typed.ground }),
        ...(step === "correct" ? { inputs: await correctedInputs(deps, id, typed) } : {}),
      });
    } catch (error) {
      const problem = atTheForm(error);
      const opened = await operator.openRequest(actor, id);
      const view = { ...opened, done: false, refused: { step, problem, typed }, log: await logLine() };
      return show(requestPage(scene, view), problem.status === 409 ? 409 : 422);
    }
    return c.redirect(`/operator/requests/${id}?done=step`, 303);
  });
}

/** The fields of a correction in the types that the package gives them. */
async function correctedInputs({ operator }: OperatorDeps, id: string, typed: Record<string, string>) {
  const contract = await operator.correctedContract(id);
  if (contract === null) throw new Problem("decision_erased");
  const fields = Object.entries(typed).flatMap(([name, value]) =>
    name.startsWith("input:") ? [[name.slice("input:".length), value] as const] : [],
  );
  return inputsOf(contract, Object.fromEntries(fields));
}

const holdFields = z.object({
  subject: z.string().min(1).max(200),
  ground: words(200),
  model: z.string().max(100),
  until: z.union([z.literal(""), z.iso.date()]),
});

function mountHolds(mount: Mount, deps: OperatorDeps, logLine: LogLine): void {
  const { operator } = deps;
  const around = async () => ({
    holds: await operator.holds(),
    models: await operator.models(),
    log: await logLine(),
  });
  mount("get", "/operator/holds", async ({ c, scene, show }) =>
    show(holdsPage(scene, { ...(await around()), done: c.req.query("done") === "hold", refused: null })),
  );

  mount("post", "/operator/holds", async (visit) => {
    const { c, scene, actor, show } = visit;
    const typed = await formOf(deps, visit);
    const read = holdFields.safeParse(typed);
    if (!read.success) {
      const refused = { problem: new Problem("invalid_request"), typed };
      return show(holdsPage(scene, { ...(await around()), done: false, refused }), 422);
    }
    const { subject, ground, model, until } = read.data;
    await operator.placeHold(actor, {
      subject,
      ground,
      ...(model === "" ? {} : { model }),
      ...(until === "" ? {} : { until }),
    });
    return c.redirect("/operator/holds?done=hold", 303);
  });

  mount("post", "/operator/holds/:id/lift", async (visit) => {
    await formOf(deps, visit);
    const id = z.uuid().safeParse(visit.c.req.param("id"));
    if (!id.success) throw new Problem("unknown_hold");
    await operator.liftHold(visit.actor, id.data);
    return visit.c.redirect("/operator/holds?done=hold", 303);
  });
}

const aliasFields = z.object({
  alias: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/),
  version: z.coerce.number().int().min(1).max(2_147_483_647),
});

function mountModels(mount: Mount, deps: OperatorDeps, logLine: LogLine): void {
  const { operator, sessions } = deps;
  mount("get", "/operator/models", async ({ c, scene, show }) => {
    const versions = await operator.versions();
    const done = c.req.query("done") ?? "";
    const [, model = "", version = ""] = /^([a-z][a-z0-9-]{0,63})@(\d{1,9})$/.exec(done) ?? [];
    const published = versions.find((one) => one.model === model && String(one.version) === version) ?? null;
    const view = { versions, done: done === "alias", published, refused: null, log: await logLine() };
    return show(modelsPage(scene, view));
  });

  mount("post", "/operator/models", async ({ c, scene, session, show }) => {
    const form = await c.req.parseBody({ all: true });
    sessions.checkCsrf(session!, form.csrf);
    const given = [form.files ?? []].flat().filter((one) => one instanceof File && one.size > 0) as File[];
    try {
      if (given.length === 0) throw new Problem("invalid_package", scene.words.registry.missing);
      const files = await Promise.all(
        // A browser that sends a folder names each file with its path.
        given.map(
          async (file) => [file.name.split("/").at(-1)!, new Uint8Array(await file.arrayBuffer())] as const,
        ),
      );
      const { model, version } = await operator.publish(Object.fromEntries(files));
      return c.redirect(`/operator/models?done=${model}@${version}`, 303);
    } catch (error) {
      const refused = atTheForm(error);
      const versions = await operator.versions();
      const view = { versions, done: false, published: null, refused, log: await logLine() };
      return show(modelsPage(scene, view), refused.status === 409 ? 409 : 422);
    }
  });

  mount("post", "/operator/models/:model/alias", async (visit) => {
    const typed = await formOf(deps, visit);
    const read = aliasFields.safeParse(typed);
    if (!read.success) throw new Problem("invalid_request");
    await operator.moveAlias({ model: visit.c.req.param("model") ?? "", ...read.data });
    return visit.c.redirect("/operator/models?done=alias", 303);
  });
}

/** How often a page reloads itself while something in the background is under way. */
const RELOAD_SECONDS = "5";

function mountKeys(mount: Mount, deps: OperatorDeps, logLine: LogLine): void {
  const { operator } = deps;
  const shown = async ({ c, scene, show }: Visit, unconfirmed: boolean) => {
    const [epochs, removals, log] = await Promise.all([operator.epochs(), operator.removals(), logLine()]);
    const closing = operator.lastClosing();
    if (closing.running) c.header("refresh", RELOAD_SECONDS);
    return show(keysPage(scene, { epochs, removals, closing, log, unconfirmed }), unconfirmed ? 422 : 200);
  };
  mount("get", "/operator/keys", (visit) => shown(visit, false));
  mount("post", "/operator/keys", async (visit) => {
    const typed = await formOf(deps, visit);
    if (typed.confirm !== "yes") return shown(visit, true);
    operator.closeEpoch();
    return visit.c.redirect("/operator/keys", 303);
  });
}

function mountLog(mount: Mount, deps: OperatorDeps): void {
  const { operator } = deps;
  mount("get", "/operator/log", async ({ c, scene, show }) =>
    show(
      logPage(scene, {
        log: await operator.logCondition(),
        done: c.req.query("done") === "yes",
        refused: null,
      }),
    ),
  );
  mount("post", "/operator/log/:act", async (visit) => {
    const { c, scene, show } = visit;
    const typed = await formOf(deps, visit);
    switch (c.req.param("act")) {
      case "check":
        try {
          const kept = (typed.kept ?? "").trim();
          await operator.checkLog(kept === "" ? undefined : `${kept}\n`);
        } catch (error) {
          const refused = atTheForm(error);
          return show(logPage(scene, { log: await operator.logCondition(), done: false, refused }), 422);
        }
        return c.redirect("/operator/log", 303);
      case "publish":
        await operator.publishCheckpoint();
        return c.redirect("/operator/log", 303);
      case "alarm":
        await operator.clearAlarm();
        return c.redirect("/operator/log?done=yes", 303);
      default:
        throw new Problem("not_found");
    }
  });
}

interface ReadIncident {
  typed: IncidentTyped;
  wrong: IncidentField[];
  asked: IncidentAsked;
  aware: Date;
}

function readIncident(given: (name: IncidentField) => string, timeZone: string, now: Date): ReadIncident {
  const typed = Object.fromEntries(INCIDENT_FIELDS.map((name) => [name, given(name).trim()])) as Record<
    IncidentField,
    string
  >;
  const wrong = new Set<IncidentField>();
  const time = (name: "from" | "to" | "aware", otherwise: Date): Date => {
    if (typed[name] === "") return otherwise;
    const instant = instantOf(typed[name], timeZone);
    if (instant !== null && isWithinCalendars(instant)) return instant;
    wrong.add(name);
    return otherwise;
  };
  const from = time("from", new Date(0));
  const to = time("to", now);
  if (to < from) wrong.add("to");
  const version = /^[1-9]\d{0,8}$/.test(typed.version) ? Number(typed.version) : null;
  if ((typed.version !== "" && version === null) || (version !== null && typed.model === ""))
    wrong.add("version");
  return {
    typed,
    wrong: [...wrong],
    aware: time("aware", now),
    asked: {
      from,
      to,
      ...(typed.model === "" ? {} : { model: typed.model }),
      ...(version === null ? {} : { version }),
      ...(typed.actor === "" ? {} : { actor: typed.actor }),
    },
  };
}

function mountIncident(mount: Mount, deps: OperatorDeps, logLine: LogLine): void {
  const { operator } = deps;
  const shown = async (visit: Visit, read: ReadIncident | null, unconfirmed: boolean) => {
    const { scene, actor, show } = visit;
    const { timeZone } = operator.place();
    const models = await operator.models();
    const ask = read !== null && read.wrong.length === 0;
    const scope = ask ? await operator.incidentScope(actor, read.asked) : null;
    const contracts = await Promise.all(
      (scope?.byVersion ?? []).map(({ model, version }) => deps.contract(model, version)),
    );
    const from = localOf(new Date(deps.now().getTime() - 2 * 86_400_000), timeZone);
    const form = { typed: read?.typed ?? { from }, wrong: read?.wrong ?? [], models, timeZone };
    const deadlines = ask ? operator.incidentDeadlines(read.aware) : [];
    const view = { form, scope, contracts, deadlines, log: await logLine(), unconfirmed };
    return show(incidentPage(scene, view), unconfirmed || form.wrong.length > 0 ? 422 : 200);
  };

  mount("get", "/operator/incident", async (visit) => {
    const { c } = visit;
    const nothing = INCIDENT_FIELDS.every((name) => c.req.query(name) === undefined);
    const { timeZone } = operator.place();
    const read = nothing ? null : readIncident((name) => c.req.query(name) ?? "", timeZone, deps.now());
    return shown(visit, read, false);
  });

  mount("post", "/operator/incident", async (visit) => {
    const typed = await formOf(deps, visit);
    const read = readIncident((name) => typed[name] ?? "", operator.place().timeZone, deps.now());
    if (read.wrong.length > 0 || typed.confirm !== "yes") return shown(visit, read, read.wrong.length === 0);
    const ids = await operator.incidentPeople(visit.actor, read.asked);
    // CSV as in RFC 4180: an id may hold anything.
    const lines = ["subject", ...ids.map((id) => `"${id.replaceAll('"', '""')}"`)];
    return visit.c.body(`${lines.join("\r\n")}\r\n`, 200, {
      "content-type": "text/csv; charset=utf-8; header=present",
      "content-disposition": 'attachment; filename="motivo-incident.csv"',
      "cache-control": "no-store",
    });
  });
}
