import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expected, pathOf } from "../library/given.ts";
import { json, run } from "./command.ts";
import { objectsIn, runWithInput } from "./piped.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "motivo-explain-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

const filesOf = (name: string) => ({
  model: pathOf(`${name}.onnx`),
  background: pathOf(`${name}.background.csv`),
  rows: pathOf(`${name}.rows.csv`),
});
const args = (files: { model: string; background: string; rows: string }, ...more: string[]) => [
  ...["explain", "--model", files.model, "--background", files.background, "--rows", files.rows],
  ...more,
];
const GERMAN = {
  model: "packages/german-credit/model.onnx",
  background: "packages/german-credit/background.csv",
};

/** One held-out row of the demonstration package, without the expected value behind it. */
function germanRow(): Promise<string> {
  const text = readFileSync("packages/german-credit/samples.csv", "utf8");
  const lines = text.split("\n").slice(0, 2);
  return file("german.csv", lines.map((line) => line.slice(0, line.lastIndexOf(","))).join("\n"));
}

interface Row {
  base: number;
  output: number;
  attributions: Record<string, number>;
  intervals: Record<string, [number, number]>;
  method: string;
}

describe("motivo explain --json", () => {
  it("prints an object a row, the same bytes each time, with what the training library's own enumeration gives", async () => {
    const asked = args(filesOf("sklearn-columns-multi"), "--class", "late", "--seed", "3", "--json");
    const ended = await run(asked);
    expect([ended.code, ended.stderr]).toEqual([0, ""]);
    const rows = objectsIn(ended) as unknown as Row[];
    const wanted = expected["sklearn-columns-multi"]!;
    expect(rows).toHaveLength(wanted.rows.length);
    for (const [r, row] of rows.entries()) {
      expect(Object.keys(row)).toEqual([
        ...["base", "output", "attributions", "standardErrors", "intervals", "method", "modelRows", "seed"],
      ]);
      expect(row).toMatchObject({ method: "exact-enumeration", seed: 3 });
      for (const [name, value] of Object.entries(row.attributions))
        expect(
          Math.abs(value - wanted.rows[r]!.attributions[name]![wanted.outputs.indexOf("late")]!),
        ).toBeLessThan(1e-6);
    }
    expect((await run(asked)).stdout).toBe(ended.stdout);
  });

  it("reads stdin, columns in another order, CRLF, quotes, a byte-order mark and empty cells", async () => {
    const files = { ...filesOf("sklearn-columns-binary"), rows: "-" };
    const given =
      '\ufeffhousing,"purpose",children,income\r\nown,"house, big",1,\r\nrent,None,0,"2100.0"\r\n';
    const ended = await runWithInput(args(files, "--json"), given);
    expect(ended.code).toBe(0);
    const same = await file(
      "same.csv",
      'income,purpose,children,housing\n,"house, big",1,own\n2100,None,0,rent\n',
    );
    expect((await run(args({ ...files, rows: same }, "--json"))).stdout).toBe(ended.stdout);
    expect(Object.keys((objectsIn(ended)[0] as unknown as Row).attributions)).toEqual([
      ...["income", "purpose", "children", "housing"],
    ]);
  });

  it("tells of a row that cannot be explained in its place, and goes on", async () => {
    const files = filesOf("sklearn-columns-binary");
    const rows = await file(
      "second.csv",
      "income,purpose,children,housing\n1,car,1,own\nsecret,car,1,own\n3,car,1,own\n",
    );
    const ended = await run(args({ ...files, rows }, "--json"));
    expect([ended.code, ended.stderr]).toEqual([1, ""]);
    const [first, second, third] = objectsIn(ended);
    expect([first!.method, third!.method]).toEqual(["exact-enumeration", "exact-enumeration"]);
    expect(second).toMatchObject({ ok: false, code: "cell_invalid", row: 2 });
    expect(second!.message).toContain('"income"');
    expect(ended.stdout).not.toContain("secret");
  });

  it("lets a row without log odds fail alone, among rows that share its batch", async () => {
    // A forest's share of votes reaches 1, where the log odds end.
    const model = "test/models/graph/fixtures/sklearn-forest-binary.onnx";
    const table = (lines: string[]) => ["a,b,c,d,e", ...lines].join("\n");
    const background = await file("forest.csv", table(["0.1,0.2,1,0.3,0", "0.2,0.1,1,0.4,1"]));
    const plain = Array.from({ length: 12 }, (_, i) => `${i / 40},${0.2 - i / 60},1,0.3,${i % 2}`);
    const rows = await file(
      "forest-rows.csv",
      table([...plain.slice(0, 9), "3,-3,3,1.5,1", ...plain.slice(9)]),
    );
    const asked = args({ model, background, rows }, "--link", "logit", "--json");
    const found = objectsIn(await run(asked)) as {
      ok?: boolean;
      code?: string;
      row?: number;
      output?: number;
    }[];
    expect(found).toHaveLength(13);
    const failed = found.filter((row) => row.ok === false).map(({ code, row }) => [code, row]);
    expect(failed).toEqual([["logit_not_finite", 10]]);
  });

  it("keeps the scales apart: the margin is exact, the probability is enumerated, forests are exact as they are", async () => {
    const methods = async (name: string, ...more: string[]) =>
      (objectsIn(await run(args(filesOf(name), "--json", ...more)))[0] as unknown as Row).method;
    expect(await methods("xgboost-binary", "--link", "margin")).toBe("exact-tree");
    expect(await methods("xgboost-binary", "--link", "logit", "--method", "exact")).toBe("exact-tree");
    expect(await methods("xgboost-binary")).toBe("exact-enumeration");
    expect(await methods("xgboost-binary", "--method", "permutation")).toBe("permutation");
    expect(await methods("sklearn-forest-regressor", "--method", "exact")).toBe("exact-tree");
  });

  it("samples what is wide, and its intervals hold the exact values", async () => {
    const rows = await germanRow();
    const sampled = json(await run(args({ ...GERMAN, rows }, "--json"))) as unknown as Row;
    const exact = json(await run(args({ ...GERMAN, rows }, "--json", "--method", "exact"))) as unknown as Row;
    expect([sampled.method, exact.method]).toEqual(["permutation", "exact-enumeration"]);
    const held = Object.entries(sampled.intervals).filter(
      ([name, [lower, upper]]) =>
        exact.attributions[name]! >= lower - 1e-9 && exact.attributions[name]! <= upper + 1e-9,
    );
    expect(held.length).toBeGreaterThanOrEqual(17);
    const sum = Object.values(sampled.attributions).reduce((total, value) => total + value, sampled.base);
    expect(Math.abs(sum - sampled.output)).toBeLessThanOrEqual(1e-9);
  });
});

describe("motivo explain for people", () => {
  it("draws a bar a feature, strongest first, and neither colours nor a progress bar where nobody sees them", async () => {
    const ended = await run(args(filesOf("sklearn-columns-binary")));
    expect([ended.code, ended.stderr]).toEqual([0, ""]);
    const [first] = ended.stdout.split("\n\n");
    const lines = first!.split("\n");
    expect(lines[0]).toMatch(
      /^row 1 {2}output of paid 0\.\d+, base 0\.\d+ {2}exact-enumeration, \d+ model rows$/,
    );
    expect(lines).toHaveLength(5);
    expect(ended.stdout).toContain("(missing)");
    expect(ended.stdout).toMatch(/│█/);
    expect(ended.stdout).not.toContain("\u001b");
  });

  it("says on stderr that a tolerance was not met, and answers all the same", async () => {
    const rows = await germanRow();
    const more = ["--tolerance", "0.0001", "--max-model-rows", "6000", "--json"];
    const ended = await run(args({ ...GERMAN, rows }, ...more));
    expect([ended.code, objectsIn(ended).length]).toEqual([0, 1]);
    expect(ended.stderr).toMatch(/^motivo: the tolerance was not met [^\n]+ row 1 [^\n]+\n$/);
  });
});

describe("motivo explain refuses by a code, before any row", () => {
  const good = () => filesOf("sklearn-columns-binary");
  it("files, columns and classes that do not fit", async () => {
    const target = await file("target.csv", "income,purpose,children,housing,paid\n1,car,1,own,1\n");
    const less = await file("less.csv", "income,purpose,children\n1,car,1\n");
    const header = await file("header.csv", "income,purpose,children,housing\n");
    const nothing = join(folder, "nothing.csv");
    const cases: [code: string, words: string, given: string[]][] = [
      ["column_unknown", '"paid"', args({ ...good(), rows: target })],
      ["column_missing", '"housing"', args({ ...good(), background: less })],
      ["no_rows", "no rows", args({ ...good(), rows: header })],
      ["file_unreadable", "ENOENT", args({ ...good(), model: nothing })],
      ["model_unusable", "ONNX", args({ ...good(), model: target })],
      ["class_unknown", '"lost", "paid"', args(good(), "--class", "won")],
      ["arguments_invalid", "choices", args(good(), "--link", "odds")],
      ["arguments_invalid", "between 0 and 1", args(good(), "--tolerance", "2")],
      ["arguments_invalid", "integer", args(good(), "--seed", "-1")],
      ["arguments_invalid", "rows", ["explain", "--model", "m.onnx", "--background", "b.csv"]],
    ];
    for (const [code, words, given] of cases) {
      const ended = await run([...given, "--json"]);
      expect([ended.code, json(ended).code], `${code} ${words}`).toEqual([2, code]);
      expect(json(ended).message, code).toContain(words);
    }
  });

  it("exact where nothing exact is feasible, and a margin where the graph has none, with the reason", async () => {
    const wide = Array.from({ length: 26 }, (_, i) => `w${i}`);
    const lines = Array.from({ length: 40 }, (_, b) => wide.map((_, i) => ((3 * b + i) % 11) / 7).join(","));
    const background = await file("wide.csv", [wide.join(","), ...lines].join("\n"));
    const rows = await file("wide-row.csv", [wide.join(","), wide.map((_, i) => i).join(",")].join("\n"));
    const files = { model: pathOf("wide-network.onnx"), background, rows };
    const ended = await run(args(files, "--method", "exact", "--json"));
    expect([ended.code, json(ended).code]).toEqual([1, "exact_too_large"]);
    expect(json(ended).message).toContain("--method permutation");
    const margin = await run(args(filesOf("sklearn-network"), "--link", "margin", "--json"));
    expect([margin.code, json(margin).code]).toEqual([1, "no_margin"]);
  });
});
