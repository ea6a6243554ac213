import { Problem } from "../errors.ts";
import { reasonsComponent } from "./component.ts";
import type { PagesDeps, ProductModel } from "./deps.ts";
import { exampleTyped, inputsOf, readTyped, type Typed } from "./product/form.ts";
import { noModelsPage, type TryView, tryPage } from "./product/try.ts";
import { asLanguage } from "./scene.ts";
import type { Mount, Visit } from "./visit.ts";

/** Refusals that leave somebody at the form with what they typed. */
const AT_THE_FORM = [
  "missing_feature",
  "invalid_type",
  "unseen_category",
  "out_of_range",
  "text_too_long",
  "too_many_dry_runs",
];

/** The product team's pages, and the component that they embed elsewhere. */
export function mountProduct(mount: Mount, deps: PagesDeps): void {
  const component = reasonsComponent();
  const perHour = deps.dryRunsPerHour;

  mount("get", "/components/:file", ({ c }) => {
    if (c.req.path !== component.path) throw new Problem("not_found");
    // Public and without credentials, so any page may load it, and check its hash while doing so.
    return c.body(component.bytes, 200, {
      "content-type": "text/javascript; charset=utf-8",
      "cache-control": "public, max-age=31536000, immutable",
      "access-control-allow-origin": "*",
    });
  });

  const languageOf = ({ contract: { languages } }: ProductModel, wished: string | undefined) =>
    languages.find((one) => one === wished) ?? languages[0]!;
  const show = (visit: Visit, view: Omit<TryView, "component" | "origin">, status: 200 | 422 | 429 = 200) =>
    visit.show(tryPage(visit.scene, { ...view, component, origin: new URL(visit.c.req.url).origin }), status);

  /** The package's example, already answered: the first screen shows what a call gives. */
  const showExample = async (visit: Visit, models: readonly ProductModel[], chosen: ProductModel) => {
    const language = languageOf(chosen, visit.scene.language);
    const typed = exampleTyped(chosen.contract);
    const run = await deps.exampleRun(chosen.model, language);
    const form = { typed, language, faults: [], perHour };
    return show(visit, { models, chosen, form, sent: false, run, refusal: null });
  };
  const choose = (models: readonly ProductModel[], { c }: Visit): ProductModel => {
    const chosen = models.find(({ model }) => model === c.req.param("model"));
    if (chosen === undefined) throw new Problem("unknown_model");
    return chosen;
  };

  mount("get", "/product", async (visit) => {
    const models = await deps.productModels();
    const [first] = models;
    return first === undefined ? visit.show(noModelsPage(visit.scene)) : showExample(visit, models, first);
  });

  mount("get", "/product/models/:model", async (visit) => {
    const models = await deps.productModels();
    return showExample(visit, models, choose(models, visit));
  });

  mount("post", "/product/models/:model", async (visit) => {
    const { c, session, actor } = visit;
    const sent = await c.req.parseBody();
    deps.sessions.checkCsrf(session!, sent.csrf);
    const models = await deps.productModels();
    const chosen = choose(models, visit);
    const typed: Typed = readTyped(chosen.contract, sent);
    const language = languageOf(chosen, asLanguage(String(sent.language)));
    const view = { models, chosen, sent: true };
    const form = { typed, language, faults: [], perHour };
    try {
      const run = await deps.tryDecision(actor, {
        model: chosen.model,
        inputs: inputsOf(chosen.contract, typed),
        language,
      });
      return show(visit, { ...view, form, run, refusal: null });
    } catch (error) {
      if (!(error instanceof Problem && AT_THE_FORM.includes(error.code))) throw error;
      const { code, faults, retryAfterSeconds } = error;
      if (retryAfterSeconds !== undefined) c.header("retry-after", String(retryAfterSeconds));
      const refusal = { code, faults, retryAfterSeconds };
      return show(
        visit,
        { ...view, form: { ...form, faults }, run: null, refusal },
        error.status === 429 ? 429 : 422,
      );
    }
  });
}
