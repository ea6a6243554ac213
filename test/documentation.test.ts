import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { is } from "drizzle-orm";
import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { describeSettings, readConfig } from "../src/config.ts";
import * as tables from "../src/db/tables.ts";
import { PROBLEMS } from "../src/errors.ts";
import { type Access, patternOf } from "../src/http/api.ts";
import { PAGE_ROUTES } from "../src/pages/access.ts";
import { VERSION } from "../src/version.ts";
import { freshEmbedded } from "./support/databases.ts";
import { type TestService, testService } from "./support/service.ts";

let service: TestService;
beforeAll(async () => {
  service = await testService(await freshEmbedded(), { packages: [] });
});
afterAll(() => service.close());

const read = (file: string) => readFileSync(file, "utf8");
/** A page's part under a heading, down to the next one of its rank. */
const section = (page: string, heading: string) => page.split(`\n## ${heading}\n`)[1]!.split("\n## ")[0]!;
/** The rows of every table in a text, cells trimmed and out of their backticks; heads left out. */
const rows = (text: string): string[][] =>
  text
    .split("\n")
    .filter((line, i, lines) => line.startsWith("| ") && !lines[i + 1]?.startsWith("| ---"))
    .filter((line) => !line.startsWith("| ---"))
    .map((line) =>
      line
        .slice(1, -1)
        .split(" | ")
        .map((cell) => cell.trim().replace(/^`([^`]*)`$/, "$1")),
    );

describe("docs/openapi.yaml", () => {
  it("is the description that the running service gives", async () => {
    const described = stringify(service.api.document(VERSION), { aliasDuplicateObjects: false });
    await expect(described).toMatchFileSnapshot("../docs/openapi.yaml");
  });
});

describe("docs/api.md", () => {
  const who = (access: Access) =>
    access === "public"
      ? "public"
      : `${[access.scope].flat().join(", ")}${access.proof ? `, proof ${access.proof}` : ""}`;

  it("has every route of the API with who may call it, and none that is not there", () => {
    const documented = rows(section(read("docs/api.md"), "JSON")).map((row) => row.slice(0, 3));
    const mounted = service.api.routes.map(({ method, path, access }) => [
      method.toUpperCase(),
      path,
      who(access),
    ]);
    expect(documented.sort()).toEqual(mounted.sort());
  });

  it("has every page with who may open it, and none that is not there", () => {
    const documented = rows(section(read("docs/api.md"), "Pages")).map((row) => row.slice(0, 3));
    const mounted = PAGE_ROUTES.map((page) => [
      page.method.toUpperCase(),
      page.path,
      `${page.access}${"proof" in page ? `, proof ${page.proof}` : ""}`,
    ]);
    expect(documented.sort()).toEqual(mounted.sort());
  });

  it("has every other address that the application answers", () => {
    const documented = rows(section(read("docs/api.md"), "Description")).map(([, path]) => path);
    const declared = new Set([
      ...service.api.routes.map(({ path }) => patternOf(path)),
      ...PAGE_ROUTES.map(({ path }) => path as string),
    ]);
    const others = service.app.routes
      .filter(({ method, path }) => method !== "ALL" && !declared.has(path))
      .map(({ path }) => path);
    expect(documented.sort()).toEqual([...new Set(others)].sort());
  });
});

describe("docs/problems.md", () => {
  it("has every code with its status, and none that is not there", () => {
    const documented = rows(read("docs/problems.md")).map(([code, status]) => [code, Number(status)]);
    expect(documented).toEqual(Object.entries(PROBLEMS).map(([code, [status]]) => [code, status]));
  });
});

describe("README.md", () => {
  it("has every setting with its default, and none that is not there", () => {
    const documented = rows(section(read("README.md"), "Configuration"));
    expect(documented.map(([name]) => name)).toEqual(describeSettings().map(({ name }) => name));
    const config = readConfig({});
    const defaults: Record<string, string> = {
      MOTIVO_DEV: config.MOTIVO_DEV ? "1" : "0",
      MOTIVO_DATA: "./data",
      MOTIVO_KEYS: "<MOTIVO_DATA>-keys",
    };
    expect([resolve("./data"), resolve("./data-keys")]).toEqual([config.MOTIVO_DATA, config.MOTIVO_KEYS]);
    for (const [name, told] of documented) {
      const actual = defaults[name!] ?? String(config[name as keyof typeof config] ?? "none");
      expect([name, told]).toEqual([name, actual]);
    }
  });
});

describe("docs/data-map.md", () => {
  const stored = Object.values(tables)
    .filter((table) => is(table, PgTable))
    .map((table) => getTableConfig(table as PgTable))
    .map(({ name, schema, columns }) => ({
      name: schema === undefined ? name : `${schema}.${name}`,
      columns: columns.map((column) => column.name),
    }));
  const page = read("docs/data-map.md");
  const documented = page
    .split("\n## ")
    .slice(1)
    .map((part) => ({ name: part.split("\n")[0]!, rows: rows(part) }))
    .filter(({ name }) => name !== "Outside the database");

  it("has every table with every column, and none that is not there", () => {
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
    expect(
      documented
        .map(({ name, rows: columns }) => ({ name, columns: columns.map(([column]) => column) }))
        .sort(byName),
    ).toEqual(stored.sort(byName));
  });

  it("says of each what it holds, what that is, and what an erasure does to it", () => {
    for (const { name, rows: columns } of documented)
      for (const [column, holds, kind, after, ...more] of columns) {
        expect([name, column, more]).toEqual([name, column, []]);
        expect(holds!.length).toBeGreaterThan(0);
        expect([name, column, kind]).toEqual([
          name,
          column,
          expect.stringMatching(/^(personal|pseudonymous|anonymised|none(, if so)?)$/),
        ]);
        expect(after!.length).toBeGreaterThan(3);
      }
  });
});

describe("the documents", () => {
  const pages = [
    ...readdirSync(".").filter((file) => file.endsWith(".md")),
    ...["docs", "docs/decisions"].flatMap((folder) =>
      readdirSync(folder)
        .filter((file) => file.endsWith(".md"))
        .map((file) => join(folder, file)),
    ),
    "audit/FORMAT.md",
    "training/README.md",
  ];

  it("link to what is there", () => {
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:|mailto:|#)([^)#]+)(?:#[^)]*)?\)/g)]
        .map(([, target]) => join(dirname(page), target!))
        .filter((target) => !existsSync(target))
        .map((target) => `${page} → ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it("name files and folders of the repository that are there", () => {
    const named =
      /`((?:src|audit|test|docs|packages|migrations|training|scripts)\/[\w./-]*[\w/]|[\w-]+\.toml)`/g;
    const stale = pages.flatMap((page) =>
      [...read(page).matchAll(named)]
        .map(([, path]) => path!)
        .filter((path) => !existsSync(path))
        .map((path) => `${page} names ${path}`),
    );
    expect(stale).toEqual([]);
  });

  it("give each decision a context, a decision, costs and the test that confirms it", () => {
    const decisions = readdirSync("docs/decisions").sort();
    expect(decisions.map((file) => Number(file.slice(0, 4)))).toEqual(decisions.map((_, i) => i + 1));
    for (const file of decisions) {
      const page = read(join("docs/decisions", file));
      const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
      expect([file, headings]).toEqual([file, ["Context", "Decision", "Costs", "Confirmed by"]]);
      expect(section(page, "Costs")).toMatch(/^- Bad, because/m);
      const tests = [...section(page, "Confirmed by").matchAll(/`(test\/[\w./-]+)`/g)];
      expect([file, tests.length > 0]).toEqual([file, true]);
    }
  });

  it("quote titles of tests that exist", () => {
    const titles = readdirSync("test", { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".test.ts"))
      .map((file) => read(join("test", file)))
      .join("\n");
    const missing = readdirSync("docs/decisions").flatMap((file) =>
      [...section(read(join("docs/decisions", file)), "Confirmed by").matchAll(/"([^"]+)"/g)]
        .flatMap(([, title]) => title!.split(" … "))
        .filter((title) => !titles.includes(title))
        .map((title) => `${file}: ${title}`),
    );
    expect(missing).toEqual([]);
  });
});
