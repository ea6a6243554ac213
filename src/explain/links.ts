import { type ClosedForm, type Link, logitOf } from "./closed-form.ts";
import { ExplainError } from "./errors.ts";
import { type Game, type Hybrids, materialise } from "./game.ts";

/**
 * The game on the link's scale, to be enumerated or sampled. Margins and logits come from the model's own scores
 * wherever those are known.
 * @throws ExplainError `no_margin`; its predictor `logit_not_finite`
 */
export function linked(
  game: Game,
  link: Link,
  { closedForm, noClosedForm }: { closedForm?: ClosedForm; noClosedForm?: string },
): Game {
  if (link === "identity") return game;
  // What is known of the background is known on the output's own scale.
  const { backgroundValues: _, ...unlinked } = game;
  if (closedForm !== undefined) {
    return {
      ...unlinked,
      async predict(hybrids: Hybrids) {
        const values = new Float64Array(hybrids.count * game.outputs);
        materialise(game, hybrids).forEach((row, r) => {
          values.set(checked(closedForm.valueOf(row, link)), r * game.outputs);
        });
        return values;
      },
    };
  }
  if (link === "margin") {
    const why = noClosedForm ?? "the model's inside is not known";
    throw new ExplainError("no_margin", `There is no margin to explain: ${why}`);
  }
  return {
    ...unlinked,
    predict: async (hybrids) => checked((await game.predict(hybrids)).map(logitOf)),
  };
}

function checked(values: Float64Array): Float64Array {
  if (values.some(Number.isNaN))
    throw new ExplainError("logit_not_finite", "An output of 0 or 1 has no logit: explain it as it is");
  return values;
}
