import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { json, run, temporaryFolder } from "./command.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "motivo-risk-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe("motivo risk", () => {
  it("measures a table and names its figures as they are named everywhere", async () => {
    const data = await file(
      "six.csv",
      '\ufeffsex,"age",loan,amount\r\nm,30,a,1\r\nf,30,a,3\r\nm,30,b,2\r\nf,30,a,4\r\n,40,b,2\r\nf,30,b,1\r\n',
    );
    const args = [
      "risk",
      "--data",
      data,
      "--quasi-identifiers",
      "sex,age",
      "--sensitive",
      "loan,amount:ordered",
    ];
    const ended = await run([...args, "--json"]);
    expect([ended.code, ended.stderr]).toEqual([0, ""]);
    expect(Object.keys(json(ended))).toEqual([
      "rows",
      "classes",
      "k",
      "uniques",
      "uniqueness",
      "below",
      "prosecutor_highest",
      "prosecutor_average",
      "rows_at_highest",
      "largest_class",
      "sensitive",
    ]);
    expect(json(ended)).toMatchObject({
      rows: 6,
      classes: 3,
      k: 1,
      below: { "2": 1, "3": 3, "5": 6, "10": 6 },
      sensitive: { loan: { distinct_l: 1, t_equal: 0.5 }, amount: { distinct: 4 } },
    });
    const told = await run(args);
    expect(told.stdout).toContain("k = 1");
    expect(told.stdout).toContain("amount: 4 values");
  });

  it("measures the demo's own people", async () => {
    const ended = await run([
      ...["risk", "--json", "--data", "training/german-credit.csv"],
      ...[
        "--quasi-identifiers",
        "personal_status,age_years,job",
        "--sensitive",
        "credit_risk,amount_dm:ordered",
      ],
    ]);
    // As an independent computation of the definitions over the same file gives them.
    expect(json(ended)).toMatchObject({
      rows: 1000,
      classes: 310,
      k: 1,
      uniques: 137,
      below: { "2": 137, "3": 251, "5": 424, "10": 698 },
      largest_class: 21,
      sensitive: { credit_risk: { distinct: 2 }, amount_dm: { distinct: 921 } },
    });
    const { amount_dm } = json(ended).sensitive as Record<string, { t_equal: number; t_ordered: number }>;
    expect(amount_dm!.t_equal).toBeCloseTo(0.999, 9);
    expect(amount_dm!.t_ordered).toBeCloseTo(0.513_108_695_652, 9);
  });

  it("says of a folder that was never migrated what is to be done, and ends with 2", async () => {
    const env = { MOTIVO_DATA: join(folder, "data"), MOTIVO_KEYS: join(folder, "keys") };
    for (const command of [
      ["risk", "--json", "--model", "german-credit"],
      ["processing", "--json"],
    ]) {
      const ended = await run(command, env);
      expect([ended.code, json(ended).code, ended.stderr]).toEqual([2, "migration_pending", ""]);
    }
  });

  it("names what it cannot use, never a value of the table, and ends with 2", async () => {
    const good = await file("good.csv", "a,b\n1,2\n");
    const cases: [code: string, data: string, columns: string][] = [
      ["column_unknown", good, "a,c"],
      ["columns_repeated", await file("twice.csv", "a,a\n1,2\n"), "a"],
      ["csv_invalid", await file("ragged.csv", "a,b\n1,2\nsecret\n"), "a"],
      ["csv_invalid", await file("quote.csv", 'a,b\n1,"sec"ret"\n'), "a"],
      ["no_rows", await file("header.csv", "a,b\n"), "a"],
      ["no_rows", await file("empty.csv", ""), "a"],
      ["file_unreadable", join(folder, "nothing.csv"), "a"],
      ["file_unreadable", folder, "a"],
      ["arguments_invalid", good, "a,,b"],
      ["arguments_invalid", good, "a,a"],
    ];
    for (const [code, data, columns] of cases) {
      const ended = await run(["risk", "--data", data, "--quasi-identifiers", columns, "--json"]);
      expect([ended.code, json(ended).code], `${code} ${data}`).toEqual([2, code]);
      expect(ended.stdout).not.toContain("secret");
    }
  });

  it("refuses to be asked for both or neither, or for a k without what it is for", async () => {
    const refused = await Promise.all(
      [
        ["risk"],
        ["risk", "--model", "german-credit", "--data", "six.csv"],
        ["risk", "--model", "german-credit", "--k", "5"],
        ["risk", "--data", "six.csv", "--coarsen"],
        ["risk", "--model", "german-credit", "--coarsen", "--k", "one"],
      ].map((args) => run(args)),
    );
    for (const { code, stderr } of refused) {
      expect([code, stderr]).toEqual([2, expect.stringContaining("arguments_invalid")]);
    }
  });

  it("measures the records of a model, and makes them coarser for a k", async () => {
    const place = await temporaryFolder({ migrated: true });
    const { env } = place;
    expect((await run(["publish", "packages/german-credit"], env)).code).toBe(0);
    const ended = await run(["risk", "--model", "german-credit", "--json"], env);
    expect([ended.code, json(ended)]).toEqual([
      0,
      expect.objectContaining({ model: "german-credit", report: null }),
    ]);
    const coarser = ["risk", "--model", "german-credit", "--coarsen", "--k", "5", "--json"];
    expect(json(await run(coarser, env))).toEqual({
      ok: true,
      model: "german-credit",
      k: 5,
      records: 0,
      entries: [],
    });
    await place.remove();
  });
});
