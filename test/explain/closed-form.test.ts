import { describe, expect, test } from "vitest";
import { ClosedForm } from "../../src/explain/closed-form.ts";
import { explain } from "../../src/explain/explain.ts";
import type { ModelStructure, PostTransform } from "../../src/explain/structure.ts";
import { outputsOf } from "../../src/explain/structure.ts";
import { rejection } from "./codes.ts";
import { game, matrix, seed, uniform } from "./games.ts";

const COLUMNS = 4;

/** Two weighted sums of four columns. */
function linear(post: readonly PostTransform[], draw = uniform(1)): ModelStructure {
  const row = () => Array.from({ length: COLUMNS }, () => draw() - 0.5);
  return {
    scores: {
      kind: "linear",
      columns: Array.from({ length: COLUMNS }, (_, c) => ({
        sources: [c],
        value: (cells) => cells[c] as number,
      })),
      weights: [row(), row()],
      bias: [0.3, -0.1],
    },
    mix: [
      [1, 0],
      [0, 1],
    ],
    shift: [0, 0.5],
    post,
  };
}

function played(structure: ModelStructure) {
  const draw = uniform(2);
  const row = Array.from({ length: COLUMNS }, draw);
  const g = game((cells) => [...outputsOf(structure, cells)], row, matrix(7, COLUMNS, draw), { outputs: 2 });
  return { g, closedForm: new ClosedForm(structure, g), seed: seed(1) };
}

describe("what a closed form covers", () => {
  test.each<[PostTransform[], string[]]>([
    [[], ["identity", "margin"]],
    [["logistic"], ["margin", "logit"]],
    // The log odds of one of two classes are the difference of their margins.
    [["softmax"], ["margin", "logit"]],
    [["exponential"], ["margin"]],
    [["logistic", "normalise-l1"], ["margin"]],
  ])("scores followed by %j: %j", (post, links) => {
    const { closedForm } = played(linear(post));
    expect((["identity", "margin", "logit"] as const).filter((link) => closedForm.covers(link))).toEqual(
      links,
    );
  });
});

test("a linear model's attributions are weight times distance from the background's mean", () => {
  const structure = linear([]);
  const { g, closedForm } = played(structure);
  const { attributions } = closedForm.explain(g.row, "identity");
  if (structure.scores.kind !== "linear") throw new Error("not linear");
  for (let c = 0; c < COLUMNS; c++) {
    const mean = g.background.reduce((sum, cells) => sum + (cells[c] as number) / g.background.length, 0);
    structure.scores.weights.forEach((weights, k) => {
      const expected = weights[c]! * ((g.row[c] as number) - mean);
      expect(Math.abs(attributions[c * 2 + k]! - expected)).toBeLessThan(1e-15);
    });
  }
});

describe("the result states method and link", () => {
  test.each([
    ["margin", "logistic", "exact-linear", "closed-form"],
    ["logit", "softmax", "exact-linear", "closed-form"],
    ["identity", "logistic", "exact-enumeration", "enumeration-costs-less"],
  ] as const)("%s of a %s model by auto: %s", async (link, post, method, chosen) => {
    const { g, closedForm, seed } = played(linear([post]));
    const result = await explain(g, { seed, link, closedForm });
    expect(result).toMatchObject({ link, method, chosen, converged: true });
    expect(result.additivityGap).toBeLessThan(1e-12);
  });

  test("exact by name takes the closed form, one model row and says how far the model's rounding is", async () => {
    const { g, closedForm, seed } = played(linear([]));
    const result = await explain(g, { seed, method: "exact", closedForm });
    expect(result).toMatchObject({ method: "exact-linear", chosen: "asked", modelRows: 1, rounds: 0 });
    expect(result.distance).toBe(0);
    expect(g.seen.length).toBe(1);
    expect(result.standardErrors.flat().every((error) => error === 0)).toBe(true);
    result.intervals.flat().forEach(([lower, upper], i) => {
      expect([lower, upper]).toEqual([result.attributions.flat()[i], result.attributions.flat()[i]]);
    });
  });

  test.each(["margin", "logit"] as const)("the exact %s is the enumerated one", async (link) => {
    const { g, closedForm, seed } = played(linear(["softmax"]));
    const exact = await explain(g, { seed, link, closedForm });
    const values = { ...g, predict: async () => new Float64Array(0) };
    const enumerated = await explain(
      {
        ...values,
        predict: async (hybrids) => {
          const out = await game((cells) => [...closedForm.valueOf(cells, link)], g.row, g.background, {
            outputs: 2,
          }).predict(hybrids);
          return out;
        },
      },
      { seed, method: "exact" },
    );
    exact.attributions.flat().forEach((value, i) => {
      expect(Math.abs(value - enumerated.attributions.flat()[i]!)).toBeLessThan(1e-12);
    });
  });

  test("permutations of a margin are of the margin", async () => {
    const { g, closedForm, seed } = played(linear(["logistic"]));
    const sampled = await explain(g, { seed, link: "margin", method: "permutation", closedForm });
    const exact = await explain(g, { seed, link: "margin", closedForm });
    expect(sampled).toMatchObject({ method: "permutation", link: "margin" });
    sampled.attributions.flat().forEach((value, i) => {
      expect(Math.abs(value - exact.attributions.flat()[i]!)).toBeLessThan(1e-12);
    });
  });
});

describe("refusals", () => {
  const wide = () => {
    const draw = uniform(5);
    return game(() => 0.25, Array.from({ length: 30 }, draw), matrix(4, 30, draw));
  };

  test("a margin of a model whose inside is not known", async () => {
    expect(await rejection(explain(wide(), { seed: seed(1), link: "margin" }))).toBe("no_margin");
  });

  test("exact, where nothing exact is affordable: at once, before any model row", async () => {
    const g = wide();
    const refused = rejection(
      explain(g, { seed: seed(1), method: "exact", noClosedForm: "columns are mixed" }),
    );
    expect(await refused).toBe("exact_too_large");
    expect(g.calls).toBe(0);
  });

  test("a logit at 0 or 1", async () => {
    const draw = uniform(6);
    const g = game(([a]) => ((a as number) > 0.5 ? 1 : 0.5), [0.9, 0.1], matrix(5, 2, draw));
    expect(await rejection(explain(g, { seed: seed(1), link: "logit" }))).toBe("logit_not_finite");
  });

  test("no logit is refused that the margin still knows", async () => {
    const structure = linear(["logistic"]);
    const steep = { ...structure, shift: [800, -800] };
    const { g, closedForm, seed } = played(steep);
    const { output } = await explain(g, { seed, link: "logit", closedForm });
    expect(output[0]).toBeGreaterThan(700);
  });
});
