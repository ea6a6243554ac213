import { Problem } from "../errors.ts";
import { BACK_PATH, type IssuerSignIn } from "../http/issuer-sign-in.ts";
import type { ProofLevel } from "../http/tokens.ts";
import type { PagesDeps } from "./deps.ts";
import { homeOf, nextOf, opens } from "./session-routes.ts";
import { signInPage } from "./sign-in.ts";
import type { Mount } from "./visit.ts";

const levelOf = (value: string | undefined): ProofLevel => (value === "3" ? 3 : value === "2" ? 2 : 1);

/** Where somebody signed in goes who needs a stronger proof: to the issuer, to a one-time code, or nowhere. */
export function wayToProof(
  issuer: Pick<IssuerSignIn, "raisesTo"> | null,
  codeProof: number,
): (level: ProofLevel, next: string) => string | null {
  return (level, next) => {
    const back = `next=${encodeURIComponent(next)}`;
    if (issuer?.raisesTo(level)) return `/sign-in/issuer?proof=${level}&${back}`;
    return codeProof >= level ? `/me/code?${back}` : null;
  };
}

/** Signing in by the issuer's own page. A link leads there and not a form: our policy lets forms go to this site only. */
export function mountIssuer(mount: Mount, deps: PagesDeps): void {
  const { sessions } = deps;

  mount("get", "/sign-in/issuer", async ({ c, scene }) => {
    if (!deps.issuer) throw new Problem("not_found");
    const to = await deps.issuer.begin(c, {
      next: nextOf(c.req.query("next")),
      proof: levelOf(c.req.query("proof")),
      language: scene.language,
    });
    c.header("cache-control", "no-store");
    return c.redirect(to.href, 303);
  });

  mount("get", BACK_PATH, async ({ c, scene, show }) => {
    if (!deps.issuer) throw new Problem("not_found");
    const { actor, next, asked } = await deps.issuer.finish(c);
    if (homeOf(actor) === "/") {
      const refused = { next, development: false, refusal: "no_pages", byIssuer: true } as const;
      return show(signInPage(scene, refused), 403);
    }
    await sessions.start(c, actor, { byIssuer: true });
    // Sent back to the page, it would ask for the proof again, and round it goes.
    if (actor.proof < asked) throw new Problem("proof_level_too_low");
    c.header("cache-control", "no-store");
    return c.redirect(opens(actor, next) ? next : homeOf(actor), 303);
  });
}
