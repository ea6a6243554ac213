import type { Deps } from "../decisions/deps.ts";
import { type DryRun, dryRun } from "../decisions/dry-run.ts";
import type { DryRuns } from "../http/dry-run.ts";
import type { PagesDeps } from "./deps.ts";

type ProductVerbs = Pick<PagesDeps, "productModels" | "exampleRun" | "tryDecision">;

/** What the product team's pages do. Nothing of it leaves a trace, since nothing of it is about a person. */
export function productVerbs(deps: Pick<Deps, "models" | "randomId">, dryRuns: DryRuns): ProductVerbs {
  const examples = new Map<string, Promise<DryRun>>();
  return {
    productModels: async () =>
      Promise.all(
        (await deps.models.names()).map(async (model) => {
          const version = await deps.models.champion(model);
          return { model, version, contract: (await deps.models.published(model, version)).contract };
        }),
      ),
    async exampleRun(model, language) {
      const version = await deps.models.champion(model);
      const key = `${model}@${version}/${language}`;
      const known = examples.get(key);
      if (known !== undefined) return known;
      const { inputs } = (await deps.models.published(model, version)).contract.example;
      const run = dryRun(deps, { model, inputs, language }, async () => {});
      examples.set(key, run);
      // A failed attempt is not remembered.
      run.catch(() => examples.delete(key));
      return run;
    },
    tryDecision: (actor, asked) => dryRuns(actor.client, asked),
  };
}
