import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DevFile } from "../../src/node.ts";
import { json, LISTENING, type Running, run, start, temporaryFolder, urlOf } from "./command.ts";

const PACKAGE = "test/packages/free-text";

describe("motivo serve", () => {
  let place: Awaited<ReturnType<typeof temporaryFolder>>;
  let service: Running;
  let dev: DevFile;
  beforeAll(async () => {
    place = await temporaryFolder();
    service = start(["serve"], place.env);
    await service.says(LISTENING);
    dev = JSON.parse(await readFile(join(place.data, "dev.json"), "utf8"));
  });
  afterAll(async () => {
    service.child.kill("SIGKILL");
    await service.ended;
    await place.remove();
  });

  const logSize = async () => {
    const note = await (await fetch(`${dev.url}/log/checkpoint`)).text();
    return Number(note.split("\n")[1]);
  };

  it("prints address, log key, places, every audience's token, and what the database does not promise", () => {
    const said = service.stdout();
    expect(urlOf(service)).toBe(dev.url);
    for (const token of Object.values(dev.tokens)) expect(said).toContain(`token  ${token}\n`);
    expect(said).toContain(dev.vkey);
    expect(said).toContain(place.data);
    expect(said).toContain(`${place.data}-keys`);
    expect(said).toMatch(/power cut may lose/);
    expect(said).toMatch(/PostgreSQL \(DATABASE_URL\) is for production/);
  });

  it("leaves the same in dev.json, for its owner alone", async () => {
    expect((await stat(join(place.data, "dev.json"))).mode & 0o777).toBe(0o600);
    expect(Object.keys(dev.tokens).toSorted()).toEqual([
      "auditor",
      "operator",
      "product",
      "reviewer",
      "subject",
    ]);
  });

  it("links each audience's pages, signed in", async () => {
    const links = [...service.stdout().matchAll(/link {3}(\S+\/enter\?token=\S+)/g)].map(([, link]) => link!);
    const homes = await Promise.all(
      links.map(async (link) => {
        const entered = await fetch(link, { redirect: "manual" });
        const cookie = entered.headers.get("set-cookie")!.split(";")[0]!;
        const home = entered.headers.get("location")!;
        const page = await fetch(new URL(home, dev.url), { headers: { cookie }, redirect: "manual" });
        return [home, page.status];
      }),
    );
    expect(homes).toEqual([
      ["/me", 200],
      ["/audit/decisions", 200],
      ["/product", 200],
      ["/operator", 200],
      ["/reviews", 200],
    ]);
  });

  it("prints a curl that makes a decision", async () => {
    const said = service.stdout();
    const [, url] = /curl -s (\S+) /.exec(said)!;
    const [, token] = /'authorization: (Bearer \S+)'/.exec(said)!;
    const [, body] = /-d '(.+)'\n/.exec(said)!;
    const response = await fetch(url!, {
      method: "POST",
      headers: { authorization: token!, "content-type": "application/json" },
      body: body!.replaceAll("'\\''", "'"),
    });
    expect(response.status).toBe(201);
  });

  it("is the only one on its folder: a second is refused with 2, naming the folder", async () => {
    const second = await run(["serve"], place.env);
    expect([second.code, second.stdout]).toEqual([2, ""]);
    expect(second.stderr).toContain("folder_locked");
    expect(second.stderr).toContain(place.data);
    expect(second.stderr).not.toMatch(/^ +at /m);
  });

  it("refuses a port that is taken with 2, naming it", async () => {
    const other = await temporaryFolder({ migrated: true });
    const { port } = new URL(dev.url);
    const second = await run(["serve"], { ...other.env, PORT: port });
    await other.remove();
    expect([second.code, second.stdout]).toEqual([2, ""]);
    expect(second.stderr).toContain("port_unusable");
    expect(second.stderr).toContain(port);
  });

  it("has migrated when `migrate` runs beside it", async () => {
    const ended = await run(["migrate", "--json"], place.env);
    expect(ended.code).toBe(0);
    expect(json(ended)).toEqual({ ok: true, database: "embedded", migratedBy: "service" });
  });

  it("takes what `publish` beside it sends, and refuses the same package again with 1", async () => {
    const before = await logSize();
    const first = await run(["publish", PACKAGE, "--json"], place.env);
    expect([first.code, first.stderr]).toEqual([0, ""]);
    expect(json(first)).toMatchObject({ ok: true, version: 1, aliases: ["champion"], logIndex: before });
    const listed = await fetch(`${dev.url}/v1/models`, {
      headers: { authorization: `Bearer ${dev.tokens.operator}` },
    });
    expect(await listed.json()).toMatchObject({ models: expect.arrayContaining([json(first).model]) });

    const again = await run(["publish", PACKAGE], place.env);
    expect([again.code, again.stdout]).toEqual([1, ""]);
    expect(again.stderr).toContain("(duplicate_version)");
    expect(await logSize()).toBe(before + 2);
  });

  it("accepts the tokens that `token` gives on its settings", async () => {
    const { stdout } = await run(["token", "--scope", "operator", "--hours", "1"], place.env);
    const asked = await fetch(`${dev.url}/v1/models`, {
      headers: { authorization: `Bearer ${stdout.trim()}` },
    });
    expect(asked.status).toBe(200);
  });

  it("closes cleanly on SIGINT: exit 0, requests under way answered, the folder free at once", async () => {
    const contract = await fetch(`${dev.url}/v1/models/german-credit`, {
      headers: { authorization: `Bearer ${dev.tokens.product}` },
    });
    const { example } = (await contract.json()) as { example: object };
    const decide = () =>
      fetch(`${dev.url}/v1/models/german-credit/decisions`, {
        method: "POST",
        headers: { authorization: `Bearer ${dev.tokens.product}`, "content-type": "application/json" },
        body: JSON.stringify(example),
      });
    const underWay = Array.from({ length: 8 }, decide);
    // With the first answer here, the others have arrived there.
    await Promise.race(underWay);
    service.child.kill("SIGINT");
    // npm and the terminal pass the same Ctrl-C on: it counts once.
    service.child.kill("SIGINT");
    const statuses = (await Promise.all(underWay)).map(({ status }) => status);
    expect(statuses).toEqual(Array(8).fill(201));
    expect((await service.ended).code).toBe(0);
    const migrated = await run(["migrate", "--json"], place.env);
    expect(json(migrated)).toMatchObject({ ok: true, migratedBy: "command" });
  });
});

describe("motivo serve, not for development", () => {
  it("shows no token and says that no issuer is configured", async () => {
    const place = await temporaryFolder({ migrated: true });
    const service = start(["serve"], { ...place.env, MOTIVO_HOST: "0.0.0.0" });
    await service.says(LISTENING);
    service.child.kill("SIGTERM");
    const { code, stdout } = await service.ended;
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/token {2}/);
    expect(stdout).toContain("MOTIVO_ISSUER and MOTIVO_JWKS_URL");
    await expect(stat(join(place.data, "dev.json"))).rejects.toMatchObject({ code: "ENOENT" });

    const withIssuer = start(["serve"], {
      ...place.env,
      MOTIVO_ISSUER: "https://login.example",
      MOTIVO_JWKS_URL: "https://login.example/jwks",
    });
    await withIssuer.says(LISTENING);
    const beside = await run(["publish", PACKAGE, "--json"], {
      ...place.env,
      MOTIVO_ISSUER: "https://login.example",
      MOTIVO_JWKS_URL: "https://login.example/jwks",
    });
    expect([beside.code, json(beside).code]).toEqual([2, "folder_locked"]);
    withIssuer.child.kill("SIGINT");
    const ended = await withIssuer.ended;
    await place.remove();
    expect(ended.stdout).toContain("https://login.example");
    expect(ended.stdout).not.toMatch(/token {2}/);
  });

  it("refuses a database that does not answer with 2, without its password", async () => {
    const place = await temporaryFolder();
    const ended = await run(["serve"], {
      ...place.env,
      DATABASE_URL: "postgres://motivo:secret-word@127.0.0.1:1/motivo",
    });
    await place.remove();
    expect([ended.code, ended.stdout]).toEqual([2, ""]);
    expect(ended.stderr).toContain("database_unreachable");
    expect(ended.stderr).not.toContain("secret-word");
  });
});
