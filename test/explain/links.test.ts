import { expect, test } from "vitest";
import { explain } from "../../src/explain/explain.ts";
import type { Game } from "../../src/explain/game.ts";
import { materialise } from "../../src/explain/game.ts";
import { seed } from "./games.ts";

test("what is known of the background on the output's scale is not taken for its log odds", async () => {
  const probability = (row: readonly unknown[]) => 1 / (1 + Math.exp(-Number(row[0]) * Number(row[1])));
  const game: Game = {
    players: [
      { name: "u", columns: [0] },
      { name: "v", columns: [1] },
    ],
    row: [2, 1],
    background: [
      [0.5, -1],
      [-1, 0.25],
    ],
    outputs: 1,
    predict: async (hybrids) => Float64Array.from(materialise(game, hybrids), probability),
  };
  const backgroundValues = Float64Array.from(game.background, probability);
  for (const method of ["exact", "permutation"] as const) {
    const options = { seed: seed(1), link: "logit", method } as const;
    const alone = await explain(game, options);
    const known = await explain({ ...game, backgroundValues }, options);
    expect(known.attributions).toEqual(alone.attributions);
    expect(known.base[0]).toBeCloseTo((-0.5 - 0.25) / 2, 12);
  }
});
