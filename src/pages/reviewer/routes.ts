import { Problem, type ProblemCode } from "../../errors.ts";
import { words } from "../../http/request-schemas.ts";
import type { Conclusion } from "../../subjects/reviews/review.ts";
import type { PagesDeps } from "../deps.ts";
import { fieldsOf } from "../form-fields.ts";
import type { Mount } from "../visit.ts";
import { reviewPage } from "./file.ts";
import { reviewsPage } from "./list.ts";

/** Refusals that belong beside the form. Everything else is a page of its own. */
const AT_THE_FORM: readonly ProblemCode[] = ["unknown_outcome", "invalid_request"];

/** The reviewer's desk. */
export function mountReviews(
  mount: Mount,
  deps: Pick<PagesDeps, "operator" | "reviewer" | "sessions">,
): void {
  const { operator, reviewer, sessions } = deps;

  mount("get", "/reviews", async ({ c, scene, show }) =>
    show(
      reviewsPage(scene, {
        waiting: await reviewer.waiting(),
        today: operator.place().today,
        done: c.req.query("done") === "review",
      }),
    ),
  );

  mount("get", "/reviews/:id", async ({ c, scene, actor, show }) =>
    show(
      reviewPage(scene, { file: await reviewer.openReview(actor, c.req.param("id") ?? ""), refused: null }),
    ),
  );

  mount("post", "/reviews/:id", async ({ c, scene, session, actor, show }) => {
    const typed = fieldsOf(await c.req.parseBody());
    sessions.checkCsrf(session!, typed.csrf);
    const id = c.req.param("id") ?? "";
    const again = async (problem: Problem | null) =>
      show(
        reviewPage(scene, { file: await reviewer.openReview(actor, id), refused: { problem, typed } }),
        422,
      );
    const conclusion = readConclusion(typed);
    if (conclusion === null) return again(null);
    try {
      await reviewer.concludeReview(actor, id, conclusion);
    } catch (error) {
      if (!(error instanceof Problem && AT_THE_FORM.includes(error.code))) throw error;
      return again(error);
    }
    return c.redirect("/reviews?done=review", 303);
  });
}

/** `upheld`, `annulled`, or `changed:` and the outcome, with grounds; null when something is missing. */
function readConclusion({ result = "", grounds = "" }: Record<string, string>): Conclusion | null {
  const said = words(4000).safeParse(grounds);
  if (!said.success) return null;
  if (result === "upheld" || result === "annulled") return { result, grounds: said.data };
  const [, outcome] = /^changed:([a-z][a-z0-9-]{0,63})$/.exec(result) ?? [];
  return outcome === undefined ? null : { result: "changed", outcome, grounds: said.data };
}
