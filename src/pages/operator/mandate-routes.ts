import { createHash } from "node:crypto";
import { z } from "zod";
import { Problem } from "../../errors.ts";
import { words } from "../../http/request-schemas.ts";
import { REQUEST_RIGHTS, type RequestRight } from "../../subjects/requests/rights.ts";
import { fieldsOf } from "../form-fields.ts";
import type { Mount } from "../visit.ts";
import { formOf, type LogLine, type OperatorDeps } from "./desk.ts";
import { type MandateField, type MandatesView, mandatesPage } from "./mandates.ts";

const CONTROL = /\p{Cc}/u;
const line = words(200).refine((value) => !CONTROL.test(value), "not one line");
const fields = z.object({
  person: line,
  personName: line,
  representative: line,
  representativeName: line,
  until: z.iso.date(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  note: words(1000),
});

/** Under which field of the page something is wrong. */
const FIELD_OF: Record<string, MandateField> = {
  person: "person",
  personName: "person",
  representative: "representative",
  representativeName: "representative",
  until: "until",
  sha256: "evidence",
  note: "evidence",
};

/** Mandates at the operator's desk: recorded from the paper, found, ended. */
export function mountMandates(mount: Mount, deps: OperatorDeps, logLine: LogLine): void {
  const { operator, sessions } = deps;
  const around = async (): Promise<MandatesView> => ({
    found: null,
    typed: {},
    rights: [],
    wrong: [],
    done: false,
    today: operator.place().today,
    log: await logLine(),
  });

  mount("get", "/operator/mandates", async ({ c, scene, show }) =>
    show(mandatesPage(scene, { ...(await around()), done: c.req.query("done") === "mandate" })),
  );

  mount("post", "/operator/mandates", async ({ c, scene, session, actor, show }) => {
    const form = await c.req.parseBody({ all: true });
    sessions.checkCsrf(session!, form.csrf);
    const typed = fieldsOf(form);
    const ticked = [form.rights ?? []].flat();
    const rights = REQUEST_RIGHTS.filter((right) => ticked.includes(right));
    const again = async (wrong: readonly MandateField[]) =>
      show(mandatesPage(scene, { ...(await around()), typed, rights, wrong }), 422);
    const { paper } = form;
    // Of the paper nothing stays but what it can be told by.
    const sha256 =
      paper instanceof File && paper.size > 0
        ? createHash("sha256")
            .update(new Uint8Array(await paper.arrayBuffer()))
            .digest("hex")
        : (typed.sha256 ?? "").trim().toLowerCase();
    const read = fields.safeParse({ ...typed, sha256 });
    const wrong = new Set<MandateField>(
      read.success ? [] : read.error.issues.map(({ path: [first] }) => FIELD_OF[String(first)] ?? "person"),
    );
    if (rights.length === 0) wrong.add("rights");
    if (typed.person !== undefined && typed.person.trim() === typed.representative?.trim())
      wrong.add("representative");
    if (!read.success || wrong.size > 0) return again([...wrong]);
    const { person, representative, personName, representativeName, until, note } = read.data;
    try {
      await operator.recordMandate(actor, {
        person,
        representative,
        names: { person: personName, representative: representativeName },
        rights: rights as RequestRight[],
        until,
        evidence: { sha256, note },
      });
    } catch (error) {
      // Everything else was looked at before.
      if (error instanceof Problem && error.code === "invalid_request") return again(["until"]);
      throw error;
    }
    return c.redirect("/operator/mandates?done=mandate", 303);
  });

  mount("post", "/operator/mandates/find", async (visit) => {
    const { scene, actor, show } = visit;
    const { person = "" } = await formOf(deps, visit);
    const whose = line.safeParse(person);
    const found = whose.success ? await operator.findMandates(actor, whose.data) : [];
    return show(mandatesPage(scene, { ...(await around()), found }));
  });

  mount("post", "/operator/mandates/:id/end", async (visit) => {
    await formOf(deps, visit);
    const id = z.uuid().safeParse(visit.c.req.param("id"));
    if (!id.success) throw new Problem("unknown_mandate");
    await operator.endMandate(visit.actor, id.data);
    return visit.c.redirect("/operator/mandates?done=mandate", 303);
  });
}
