import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../../src/db/client.ts";
import { below, seededRandom, seedFromInteger } from "../../src/explain/random.ts";
import { PAGE_ROUTES, type PageRoute } from "../../src/pages/access.ts";
import { PROOF_OF, REQUEST_RIGHTS, type RequestRight } from "../../src/subjects/requests/rights.ts";
import { freshEmbedded } from "../support/databases.ts";
import { type Rights, rightsOf } from "../support/rights.ts";
import { closeChecked, GERMAN_CREDIT, type TestService, testService } from "../support/service.ts";

const PAPER = "power of attorney, as a file";

/** Representatives at their pages, over the whole service (LGPD 18 §3). */
describe("a representative at their pages (LGPD 18 §3)", () => {
  let database: OpenDatabase;
  let service: TestService;
  let rights: Rights;
  beforeAll(async () => {
    database = await freshEmbedded();
    service = await testService(database, { packages: [GERMAN_CREDIT] });
    rights = rightsOf(service);
    service.clock.now = new Date("2026-03-10T13:00:00Z");
  });
  afterAll(() => closeChecked(database, service));

  /** A browser without scripts: the cookie that was given last, and the token of the form that was read last. */
  async function signedIn(token: string) {
    let cookie = "";
    let csrf = "";
    const call = async (method: string, path: string, body?: URLSearchParams | FormData) => {
      const headers = { cookie, "accept-language": "en", "sec-fetch-site": "same-origin" };
      const response = await service.app.request(path, { method, headers, ...(body ? { body } : {}) });
      const given = response.headers.getSetCookie().find((one) => one.startsWith("motivo_session="));
      if (given) cookie = given.split(";")[0]!;
      const text = await response.text();
      csrf = /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? csrf;
      return { status: response.status, text, to: response.headers.get("location") ?? "" };
    };
    await call("POST", "/session", new URLSearchParams({ token }));
    return {
      get: (path: string) => call("GET", path),
      send: (path: string, fields: Record<string, string> = {}) =>
        call("POST", path, new URLSearchParams({ csrf, ...fields })),
      sendForm(path: string, form: FormData) {
        form.set("csrf", csrf);
        return call("POST", path, form);
      },
    };
  }
  const person = async (subject: string, proof: 1 | 2 | 3 = 3) =>
    signedIn((await rights.tokenOf(subject, proof)).token);

  async function recorded(owner: string, holder: string, of: readonly RequestRight[], until = "2026-12-31") {
    const desk = await signedIn(service.tokens.operator);
    await desk.get("/operator/mandates");
    const form = new FormData();
    const fields = {
      ...{ person: owner, personName: `Name of ${owner}` },
      ...{ representative: holder, representativeName: `Name of ${holder}` },
      ...{ until, note: "File 2026-17" },
    };
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    for (const right of of) form.append("rights", right);
    form.set("paper", new File([PAPER], "paper.pdf"));
    const answer = await desk.sendForm("/operator/mandates", form);
    expect([answer.status, answer.to]).toEqual([303, "/operator/mandates?done=mandate"]);
    const found = await service.json<{
      items: { id: string; representative: string; evidence: { sha256: string } }[];
    }>("POST", "/v1/mandates/find", "operator", { person: owner });
    return found.body.items.find(({ representative }) => representative === holder)!;
  }
  async function acting(holder: string, mandate: string, proof: 1 | 2 | 3 = 3) {
    const visitor = await person(holder, proof);
    await visitor.get("/me/mandates");
    expect((await visitor.send(`/me/mandates/${mandate}/act`)).to).toBe("/me/acting");
    await visitor.get("/me/acting");
    return visitor;
  }

  it("is recorded by an operator from the paper, of which the digest is kept, and what is wrong is said under it", async () => {
    const made = await recorded("owner-desk", "lawyer-desk", ["review"]);
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(PAPER));
    expect(made.evidence.sha256).toBe(Buffer.from(digest).toString("hex"));
    const desk = await signedIn(service.tokens.operator);
    await desk.get("/operator/mandates");
    const form = new FormData();
    for (const name of ["person", "representative"]) form.set(name, "same-one");
    form.set("until", "2040-01-01");
    const wrong = await desk.sendForm("/operator/mandates", form);
    expect(wrong.status).toBe(422);
    for (const anchor of ["person", "representative", "right-confirmation", "paper"])
      expect(wrong.text).toContain(`href="#${anchor}"`);
    const found = await desk.send("/operator/mandates/find", { person: "owner-desk" });
    expect(found.text).toContain("Name of lawyer-desk");
    expect((await desk.send(`/operator/mandates/${made.id}/end`)).status).toBe(303);
    expect((await desk.send(`/operator/mandates/${made.id}/end`)).status).toBe(404);
    const lawyer = await person("lawyer-desk");
    expect((await lawyer.get("/me/mandates")).text).not.toContain(`/me/mandates/${made.id}/act`);
  });

  it("sees for whom they may act, reads, contests and takes the copy for them, and the person sees each of it", async () => {
    const { body: decided } = await rights.decide("owner-rosa");
    const made = await recorded("owner-rosa", "lawyer-ines", ["access_complete", "review"]);
    expect((await (await person("lawyer-ines")).get("/me")).text).toContain("You may act for somebody else");
    const ines = await acting("lawyer-ines", made.id);
    const pages = ["/me", `/me/decisions/${decided.id}`, "/me/requests", "/me/copy"];
    for (const path of [...pages, `/me/ask/review?decision=${decided.id}`]) {
      const { status, text } = await ines.get(path);
      expect([path, status, text.includes("Name of owner-rosa")]).toEqual([path, 200, true]);
      expect(text.replaceAll("Name of owner-rosa", "")).not.toContain("owner-rosa");
    }
    const asked = await ines.send("/me/ask/review", { decision: decided.id, statement: "For my client." });
    expect(asked.to).toMatch(/^\/me\/requests\/.*done=asked$/);
    for (const path of ["/me/erase", "/me/ask/objection"])
      expect((await ines.get(path)).text).toContain(">mandate_out_of_scope<");
    expect((await ines.get("/me/access")).text).toContain(decided.id);

    const rosa = await person("owner-rosa");
    const home = (await rosa.get("/me")).text;
    expect(home).toContain("Name of lawyer-ines");
    expect(home).toContain("made a request: Review");
    expect(home).toContain("under the mandate recorded on 10 Mar 2026, until 31 Dec 2026");
    expect(home.replaceAll("Name of lawyer-ines", "")).not.toContain("lawyer-ines");
    const request = (await rosa.get(asked.to)).text;
    expect(request).toContain("whoever represents you (Name of lawyer-ines)");
    await rosa.get("/me/mandates");
    expect((await rosa.send(`/me/mandates/${made.id}/end`)).to).toBe("/me/mandates?done=ended");
    expect((await ines.get("/me")).to).toBe("/me/mandates?done=over");
    expect((await ines.get("/me")).text).not.toContain(decided.id);
  });

  it("with no right to read decisions names one by its number, and is shown nothing of it", async () => {
    const { body: decided } = await rights.decide("owner-joao");
    const made = await recorded("owner-joao", "lawyer-lia", ["review"]);
    const lia = await acting("lawyer-lia", made.id);
    for (const path of ["/me", `/me/decisions/${decided.id}`, "/me/copy"])
      expect((await lia.get(path)).text).toContain(">mandate_out_of_scope<");
    const form = await lia.get(`/me/ask/review?decision=${decided.id}`);
    expect([form.text.includes("Credit application"), form.text.includes('name="decision"')]).toEqual([
      false,
      true,
    ]);
    const asked = await lia.send("/me/ask/review", { decision: decided.id, statement: "x" });
    expect(asked.to).toContain("done=asked");
    const request = (await lia.get(asked.to)).text;
    expect(request).not.toContain(`/me/decisions/${decided.id}`);
  });

  it("erases for the person what the mandate lets them, stays signed in as themselves, and finds nothing of it any more", async () => {
    await rights.decide("owner-eva");
    await rights.decide("lawyer-own");
    const made = await recorded("owner-eva", "lawyer-own", ["erasure"]);
    const lawyer = await acting("lawyer-own", made.id);
    const step = await lawyer.get("/me/erase");
    expect([step.text.includes("/me/access"), step.status]).toEqual([false, 200]);
    const done = await lawyer.send("/me/erase", { confirm: "yes" });
    expect(done.text).toContain("Your data has been erased.");
    expect((await rights.ask("owner-eva", "confirmation", {}, 1)).body.result).toEqual({ held: false });
    expect((await rights.ask("lawyer-own", "confirmation", {}, 1)).body.result).toEqual({ held: true });
    expect((await lawyer.get("/me")).text).toContain("Credit application");
  });

  it("lowers no level and opens nobody else's anything: every page under every mandate, at every level of proof (property)", async () => {
    const random = seededRandom(seedFromInteger(28));
    const pick = <T>(items: readonly T[]): T => items[below(items.length, random)]!;
    const victim = { name: "owner-victim", secret: "secret-of-victim" };
    const { body: decided } = await rights.decide(victim.name);
    const { body: own } = await rights.ask(victim.name, "review", {
      decision: decided.id,
      statement: victim.secret,
    });
    await rights.decide("owner-other");
    const ended = await recorded(victim.name, "lawyer-any", REQUEST_RIGHTS);
    await service.call("DELETE", `/v1/mandates/${ended.id}`, "operator");
    const sessions = await Promise.all(
      ([1, 2, 3] as const).flatMap((proof) =>
        ([REQUEST_RIGHTS, ["review"], ["access_complete", "portability"], ["erasure"]] as const).map(
          async (of) => {
            const made = await recorded("owner-other", `lawyer-${proof}-${of.length}-${of[0]}`, of);
            const visitor = await acting(`lawyer-${proof}-${of.length}-${of[0]}`, made.id, proof);
            return { proof, of: new Set<RequestRight>(of), visitor };
          },
        ),
      ),
    );
    const routes = (PAGE_ROUTES as readonly PageRoute[]).filter(
      ({ access, path }) => access === "subject" && !path.startsWith("/me/acting") && path !== "/me/code",
    );
    for (let i = 0; i < 300; i++) {
      const { proof, of, visitor } = pick(sessions);
      const { method, path, mandate, proof: level, own: mine } = pick(routes);
      const id = pick([own.id, decided.id, ended.id]);
      const at = path.replace(":id", id).replace(":name", "access.json").replace(":step", "cancel");
      // Nothing of the other person goes either: the forms of an erasure are sent unconfirmed.
      const fields = { decision: decided.id, statement: "x", because: "unlawful", kind: "access" };
      const { status, text } =
        method === "get"
          ? await visitor.get(`${at}?decision=${decided.id}`)
          : await visitor.send(at, path === "/me/erase" ? {} : fields);
      expect([path, text.includes(victim.secret), text.includes(victim.name)]).toEqual([path, false, false]);
      if (mandate === undefined && !mine) expect([path, status]).toEqual([path, 403]);
      if (mandate && mandate !== "any" && !of.has(mandate))
        expect([path, status === 403 || (level ?? 1) > proof]).toEqual([path, true]);
      if ((level ?? 1) > proof) expect([path, status === 403 || status === 303]).toEqual([path, true]);
    }
    const after = await rights.mine(victim.name, own.id);
    expect([after.body.state, after.body.steps.length]).toEqual(["received", 1]);
    // What came through was asked at the level of its right, and by somebody whose mandate names it.
    const { body } = await service.json<{ items: { id: string; right: RequestRight }[] }>(
      "GET",
      "/v1/me/requests",
      await rights.tokenOf("owner-other"),
    );
    expect(body.items.length).toBeGreaterThan(2);
    for (const { id, right } of body.items) {
      const { body: seen } = await service.json<{ provenAt: number; steps: { by: string; who: string }[] }>(
        "GET",
        `/v1/requests/${id}`,
        "operator",
      );
      expect([right, seen.provenAt >= PROOF_OF[right]]).toEqual([right, true]);
      const { by, who } = seen.steps[0]!;
      const [, , count, first] = who.split("-");
      expect([
        by,
        Number(count) === REQUEST_RIGHTS.length ||
          first!.split("_")[0] === right.split("_")[0] ||
          right === "portability",
      ]).toEqual(["representative", true]);
    }
  });
});
