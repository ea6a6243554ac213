import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { canonicalize } from "../../audit/canonical.ts";
import { sha256 } from "../../src/models/digests.ts";
import { checkPackage, readPackageFolder } from "../../src/models/package.ts";
import { FREE_TEXT, filesOf, fixture, type Loose, looseContract, yamlBytes } from "./contracts.ts";
import { pointers, refusal } from "./problems.ts";

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const encode = (text: string) => new TextEncoder().encode(text);

/** The free-text package with some files replaced. */
function changed(changes: Record<string, Uint8Array>) {
  return { ...filesOf(FREE_TEXT), ...changes };
}
function contractAfter(change: (contract: Loose) => void): Uint8Array {
  const contract = looseContract(FREE_TEXT);
  change(contract);
  return yamlBytes(contract);
}
/** A CSV file of the package with `from` replaced once. */
function csvAfter(name: "background.csv" | "samples.csv", from: string | RegExp, to: string) {
  const before = decode(filesOf(FREE_TEXT)[name]!);
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  return { [name]: encode(after) };
}

test("a folder gives what its files say, with the digest of each", async () => {
  const checked = await readPackageFolder(FREE_TEXT.pathname);
  const files = filesOf(FREE_TEXT);
  expect(checked.outputs).toEqual(["later", "now"]);
  expect(checked.background).toHaveLength(30);
  expect(checked.background[0]).toHaveLength(3);
  expect(checked.digests.model).toBe(sha256(files["model.onnx"]!));
  expect(checked.digests.background).toBe(sha256(files["background.csv"]!));
  expect([...checked.files.keys()].sort()).toEqual(Object.keys(files).sort());
});

test("the policy digest follows what is promised, and nothing else", async () => {
  const digestsAfter = async (change: (contract: Loose) => void) =>
    (await checkPackage(changed({ "model.yaml": contractAfter(change) }))).digests;
  const before = await digestsAfter(() => {});
  const reworded = await digestsAfter((c) => (c.title!.en = "Other words" as unknown as Loose));
  const longer = await digestsAfter((c) => (c.retentions!.complaint!.months = 7 as unknown as Loose));
  const kept = await digestsAfter((c) => (c.features![1]!.policy = { kind: "keep" } as unknown as Loose));
  expect(reworded.policy).toBe(before.policy);
  expect(reworded.package).not.toBe(before.package);
  expect(new Set([before.policy, longer.policy, kept.policy]).size).toBe(3);
});

test("canonical JSON does not depend on the order of keys", () => {
  expect(canonicalize({ b: [{ d: 1, c: "é" }], a: null })).toBe('{"a":null,"b":[{"c":"é","d":1}]}');
});

test.each(["model.yaml", "model.onnx", "background.csv", "samples.csv"])("%s must be there", async (name) => {
  const { [name]: _, ...rest } = filesOf(FREE_TEXT);
  expect(pointers(await refusal(() => checkPackage(rest)))).toEqual([`/${name}`]);
});

test("an empty or absent folder lacks all four files", async () => {
  const problem = await refusal(() => readPackageFolder(join(tmpdir(), "motivo-no-such-folder")));
  expect(pointers(problem)).toHaveLength(4);
});

test("a file of another name is refused in an upload and left alone in a folder", async () => {
  const upload = changed({ "../evil.js": new Uint8Array() });
  expect(pointers(await refusal(() => checkPackage(upload)))).toEqual(["/..~1evil.js"]);
  const folder = mkdtempSync(join(tmpdir(), "motivo-package-"));
  cpSync(FREE_TEXT, folder, { recursive: true });
  writeFileSync(join(folder, "README.md"), "notes");
  expect((await readPackageFolder(folder)).files.size).toBe(4);
  rmSync(folder, { recursive: true });
});

test("a file over its limit is refused before it is parsed", async () => {
  const huge = changed({ "model.yaml": new Uint8Array((1 << 20) + 1) });
  expect(pointers(await refusal(() => checkPackage(huge)))).toEqual(["/model.yaml"]);
});

test.each<[string, Record<string, Uint8Array>, string]>([
  ["an unseen category", csvAfter("background.csv", ",web,", ",fax,"), "channel"],
  ["a number out of range", csvAfter("background.csv", /\n\d+,/, "\n999,"), "waiting_days"],
  ["an empty number", csvAfter("background.csv", /\n\d+,/, "\n,"), "waiting_days"],
  ["a number in hexadecimal", csvAfter("background.csv", /\n\d+,/, "\n0x1,"), "waiting_days"],
])("a background with %s is refused by line and column", async (_, files, column) => {
  const problem = await refusal(() => checkPackage(changed(files)));
  expect(problem.code).toBe("invalid_package");
  expect(pointers(problem)).toHaveLength(1);
  expect(pointers(problem)[0]).toMatch(new RegExp(`^/background.csv/\\d+/${column}$`));
  expect(JSON.stringify(problem.faults)).not.toMatch(/fax|999|0x1/);
});

test.each<[string, Record<string, Uint8Array>, string]>([
  ["without a column", csvAfter("background.csv", "channel", "chanel"), "/background.csv/channel"],
  ["with a column too many", csvAfter("samples.csv", "waiting_days,", "waiting_days,label,"), "/samples.csv"],
  ["without rows", { "background.csv": encode("waiting_days,channel,note\n") }, "/background.csv"],
  ["that is no UTF-8", { "background.csv": Uint8Array.of(0xff, 0xfe, 0x00) }, "/background.csv"],
])("a CSV file %s is refused", async (_, files, pointer) => {
  expect(pointers(await refusal(() => checkPackage(changed(files))))).toContain(pointer);
});

test("samples that the model answers otherwise are named, row by row", async () => {
  const lines = decode(filesOf(FREE_TEXT)["samples.csv"]!).trimEnd().split("\n");
  const nudge = (line: string, by: number) => {
    const cells = line.split(",");
    return [...cells.slice(0, -1), Number(cells.at(-1)) + by].join(",");
  };
  lines[2] = nudge(lines[2]!, 2e-5);
  lines[5] = nudge(lines[5]!, -0.01);
  lines[7] = nudge(lines[7]!, 1e-7);
  const files = changed({ "samples.csv": encode(`${lines.join("\n")}\n`) });
  expect(pointers(await refusal(() => checkPackage(files)))).toEqual([
    "/samples.csv/3/probability_now",
    "/samples.csv/6/probability_now",
  ]);
});

/** A package of two numbers around a model that its exporter wrote wrongly. */
function exportedWrongly(name: string): Record<string, Uint8Array> {
  const read = (file: string) =>
    new Uint8Array(readFileSync(new URL(`../library/fixtures/${name}.${file}`, import.meta.url)));
  const contract = contractAfter((c) => {
    const feature = (feature: string) => ({
      ...c.features![0]!,
      name: feature,
      type: "number",
      min: -9,
      max: 9,
    });
    c.features = [feature("visits"), feature("region")] as unknown as Loose;
    c.motif = ["visits", "region"] as unknown as Loose;
    c.quasiIdentifiers = [] as unknown as Loose;
    c.example!.inputs = { visits: 0, region: 1 } as unknown as Loose;
    c.output!.class = "1" as unknown as Loose;
    c.samples!.columns = { "1": "probability" } as unknown as Loose;
  });
  return {
    "model.yaml": contract,
    "model.onnx": read("onnx"),
    "background.csv": read("background.csv"),
    "samples.csv": read("samples.csv"),
  };
}

test.each(["wrong-histogram-categories", "wrong-lightgbm-zeros"])(
  "an export that is silently wrong does not publish, and the rows are named: %s",
  async (name) => {
    const problem = await refusal(() => checkPackage(exportedWrongly(name)));
    expect(problem.code).toBe("invalid_package");
    expect(problem.faults.length).toBeGreaterThan(3);
    for (const pointer of pointers(problem)) expect(pointer).toMatch(/^\/samples\.csv\/\d+\/probability$/);
  },
);

test("with the exported model's own answers in their place the same packages would publish", async () => {
  const files = exportedWrongly("wrong-lightgbm-zeros");
  const problem = await refusal(() => checkPackage(files));
  const wrong = new Set(pointers(problem).map((pointer) => Number(pointer.split("/")[2])));
  const kept = decode(files["samples.csv"]!)
    .trimEnd()
    .split("\n")
    .filter((_, i) => !wrong.has(i + 1));
  expect(kept.length).toBeGreaterThan(3);
  const checked = await checkPackage({ ...files, "samples.csv": encode(`${kept.join("\n")}\n`) });
  expect(checked.outputs).toEqual(["0", "1"]);
});

test("expected values of a class that the model does not have are refused", async () => {
  const contract = contractAfter(
    (c) => (c.samples!.columns = { soon: "probability_now" } as unknown as Loose),
  );
  const problem = await refusal(() => checkPackage(changed({ "model.yaml": contract })));
  expect(pointers(problem)).toEqual(["/samples/columns/soon"]);
});

test("a model whose output is no probability cannot be a classifier", async () => {
  const contract = contractAfter((c) => {
    const second = { ...c.features![0]!, name: "second" } as unknown as Loose;
    c.features = [c.features![0]!, second] as unknown as Loose;
    c.motif = ["waiting_days", "second"] as unknown as Loose;
    c.quasiIdentifiers = [] as unknown as Loose;
    c.example!.inputs = { waiting_days: 3, second: 9 } as unknown as Loose;
  });
  const files = {
    "model.yaml": contract,
    "model.onnx": fixture("logits"),
    "background.csv": encode("waiting_days,second\n1,0\n9,2\n"),
    "samples.csv": encode("waiting_days,second,probability_now\n4,4,0\n"),
  };
  expect(pointers(await refusal(() => checkPackage(files)))).toEqual(["/output/kind"]);
});

test.each([
  ["detached", "detached" as unknown],
  ["retained", { retained: { duty: { "pt-BR": "dever", en: "duty" }, months: 12 } } as unknown],
])("a package may promise that records are %s after an erasure", async (_, promise) => {
  const yaml = contractAfter((contract) => {
    contract.afterErasure = promise as Loose;
  });
  const { contract } = await checkPackage(changed({ "model.yaml": yaml }));
  expect(contract.afterErasure).toEqual(promise);
});
