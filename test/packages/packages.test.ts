import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readInputs } from "../../src/models/inputs.ts";
import { findPackageFolders, readPackageFolder } from "../../src/models/package.ts";
import { openPredictor } from "../../src/models/predictor.ts";

const PACKAGES = new URL("../../packages/", import.meta.url).pathname;
const folders = await findPackageFolders(PACKAGES);

test("two packages are published with the service", () => {
  expect(folders.map((folder) => folder.split("/").at(-1))).toEqual([
    "german-credit",
    "german-credit-logistic",
  ]);
});

describe.each(folders)("%s", (folder) => {
  test("passes every check, its forty held-out predictions of scikit-learn included", async () => {
    const { contract, background, outputs } = await readPackageFolder(folder);
    expect(contract.features).toHaveLength(20);
    expect(contract.motif).toHaveLength(8);
    expect(background).toHaveLength(100);
    expect(outputs).toEqual(["bad", "good"]);
    const samples = readFileSync(`${folder}/samples.csv`, "utf8").trimEnd().split("\n");
    expect(samples).toHaveLength(41);
  });

  test("starts with the schema that editors check it by", () => {
    const [first] = readFileSync(`${folder}/model.yaml`, "utf8").split("\n");
    expect(first).toBe("# yaml-language-server: $schema=../model.schema.json");
  });

  test("its example is refused by the model, and no record could tell its amount or its sender", async () => {
    const checked = await readPackageFolder(folder);
    const { example, features, output } = checked.contract;
    expect(example.subject).not.toMatch(/\d/);
    const amount = example.inputs.amount_dm as number;
    expect(amount).toBeGreaterThan(1000);
    expect(amount).toBeLessThan(14_000);
    const policy = features.find(({ name }) => name === "amount_dm")!.policy;
    expect(policy.kind).toBe("generalise");
    expect("bins" in policy && policy.bins).not.toContain(amount);

    const predictor = await openPredictor(checked, { threads: 1 });
    const values = await predictor.predictRow(readInputs(checked.contract, example.inputs));
    await predictor.close();
    expect(output.kind).toBe("binary-classification");
    expect(values[checked.outputs.indexOf("good")]).toBeLessThan(
      "threshold" in output ? output.threshold : 0,
    );
  });

  test("no number of it is kept as it is, and every policy comes with its legal basis", async () => {
    const { contract } = await readPackageFolder(folder);
    for (const feature of contract.features) {
      if (feature.type !== "category")
        expect(["generalise", "top-bottom-code"]).toContain(feature.policy.kind);
      expect(contract.bases[feature.basis]!.articles.length).toBeGreaterThan(0);
    }
  });
});

test("consent is erased whole, and credit protection refuses by article", async () => {
  const [boosted, logistic] = await Promise.all(folders.map((folder) => readPackageFolder(folder)));
  expect(Object.values(boosted!.contract.bases).map(({ erasure }) => erasure.allowed)).toEqual([true]);
  expect(Object.values(logistic!.contract.bases).map(({ erasure }) => erasure)).toEqual([
    expect.objectContaining({ allowed: false, article: "LGPD 7 X" }),
  ]);
});
