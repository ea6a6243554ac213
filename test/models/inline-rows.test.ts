import { afterEach, describe, expect, it } from "vitest";
import { bindGraph } from "../../src/models/binding.ts";
import { InlineModel } from "../../src/models/inline-model.ts";
import { readGraph } from "../../src/models/onnx.ts";
import { readPackageFolder } from "../../src/models/package.ts";
import { fitsInline, openPredictor, type Predictor } from "../../src/models/predictor.ts";
import { RowBatches } from "../../src/models/row-batches.ts";
import { applicants } from "../privacy/attack/population.ts";
import { fixture, graphContract, numberFeature, regression } from "./contracts.ts";
import { refusal } from "./problems.ts";

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
});

const kept = <One extends { close(): Promise<void> }>(one: One): One => {
  opened.push(one);
  return one;
};

describe("single rows", () => {
  it.each(["packages/german-credit", "packages/german-credit-logistic"])(
    "of %s have the same bits in this thread and in a worker, alone and in company",
    async (folder) => {
      const { onnx, contract } = await readPackageFolder(folder);
      const rows = applicants(contract, 40, 3);
      const worker: Predictor = kept(
        await openPredictor({ onnx, contract, background: rows }, { threads: 1 }),
      );
      const graph = readGraph(onnx);
      const { binding } = bindGraph(contract, graph);
      const inline = kept(await InlineModel.open(graph.runnable, binding!, worker.outputs.length));
      const wanted: Float64Array[] = [];
      for (const row of rows) wanted.push(await worker.predictRow(row));
      expect(await Promise.all(rows.map((row) => worker.predictRow(row)))).toEqual(wanted);
      expect(await Promise.all(rows.map((row) => inline.rows([row])))).toEqual(wanted);
    },
  );

  it("are evaluated here only where they are quick, load quickly and take as long as one another", () => {
    const small = { graph: { runnable: new Uint8Array(60_000) }, even: true };
    const quick = { rowMilliseconds: 0.05, openMilliseconds: 2 };
    expect(fitsInline(small, quick)).toBe(true);
    expect(fitsInline({ ...small, even: false }, quick)).toBe(false);
    expect(fitsInline({ graph: small.graph }, quick)).toBe(false);
    expect(fitsInline({ ...small, graph: { runnable: new Uint8Array(2 ** 21) } }, quick)).toBe(false);
    expect(fitsInline(small, { ...quick, rowMilliseconds: 0.3 })).toBe(false);
    expect(fitsInline(small, { ...quick, openMilliseconds: 9 })).toBe(false);
  });

  it("evaluated here fail without a value in the refusal, and not once closed", async () => {
    const contract = graphContract(regression, numberFeature("u"), numberFeature("v"));
    const graph = readGraph(fixture("logits"));
    const { binding } = bindGraph(contract, graph);
    const inline = await InlineModel.open(graph.runnable, binding!, 1);
    const problem = await refusal(() => inline.rows([[Number.MAX_VALUE, 0]]));
    expect(problem.code).toBe("prediction_failed");
    expect(problem.cause).toBeUndefined();
    const running = inline.rows([[3, 1]]);
    await inline.close();
    expect(await running).toEqual(Float64Array.of(2));
    await expect(inline.rows([[3, 1]])).rejects.toMatchObject({ code: "not_ready" });
    await inline.close();
  });
});

describe("rows that are asked for together", () => {
  it("share calls of at most so many, and each gets its own values", async () => {
    const sizes: number[] = [];
    const batches = new RowBatches(async (rows) => {
      sizes.push(rows.length);
      return Float64Array.from(rows.flatMap(([cell]) => [cell as number, -(cell as number)]));
    }, 3);
    const values = await Promise.all([1, 2, 3, 4, 5].map((cell) => batches.ask([cell])));
    expect(values).toEqual([1, 2, 3, 4, 5].map((cell) => Float64Array.of(cell, -cell)));
    expect(sizes).toEqual([3, 2]);
    expect(await batches.ask([6])).toEqual(Float64Array.of(6, -6));
  });

  it("fail alone where one of them is the fault", async () => {
    const batches = new RowBatches(async (rows) => {
      if (rows.some(([cell]) => cell === 2)) throw new Error("two");
      return Float64Array.from(rows.map(([cell]) => cell as number));
    }, 10);
    const settled = await Promise.allSettled([1, 2, 3].map((cell) => batches.ask([cell])));
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  });
});
