import { html } from "hono/html";
import { page } from "./layout.ts";
import type { Html, Scene } from "./scene.ts";

export type SignInRefusal = "missing" | "invalid_token" | "expired_token" | "no_pages";

/** @param next local path to go to afterwards */
export function signInPage(
  scene: Scene,
  {
    next,
    development,
    byIssuer = false,
    refusal,
  }: { next: string | null; development: boolean; byIssuer?: boolean; refusal?: SignInRefusal },
): Html {
  const words = scene.words.signIn;
  return page(scene, {
    title: words.title,
    kind: "public",
    mono: true,
    main: html`<h1>${words.title}</h1><p class="lead">${byIssuer ? words.issuerLead : words.lead}</p>
${refusal ? html`<div class="sheet refusal" role="alert"><p><strong>${words.refusedTitle}</strong> <a href="#token">${words.refused[refusal]}</a></p></div>` : ""}
${byIssuer ? html`<p class="buttons"><a class="button" href="/sign-in/issuer${next ? `?next=${encodeURIComponent(next)}` : ""}">${words.byIssuer}</a></p><p class="note">${words.orToken}</p>` : ""}
<form class="sign-in" method="post" action="/session">${next ? html`<input type="hidden" name="next" value="${next}">` : ""}
<label for="token">${words.field}</label><textarea id="token" name="token" rows="5" required autocomplete="off" autocapitalize="off" spellcheck="false" aria-describedby="token-hint${refusal ? " token-error" : ""}"${refusal ? html` aria-invalid="true"` : ""}></textarea>
${refusal ? html`<p class="field-error" id="token-error">${words.refused[refusal]}</p>` : ""}<p class="hint" id="token-hint">${words.hint}${development ? html` ${words.development}` : ""}</p>
<p class="buttons"><button class="button" type="submit">${words.button}</button></p></form>`,
  });
}

/** Signed out here, with the way to sign out at the issuer too. */
export function signedOutPage(scene: Scene, issuerEnd: string): Html {
  const words = scene.words.signIn;
  return page(scene, {
    title: words.outTitle,
    kind: "public",
    mono: true,
    main: html`<h1>${words.outTitle}</h1><p class="lead">${words.outLead}</p><p class="buttons"><a class="button" href="${issuerEnd}">${words.outIssuer}</a> <a class="button second" href="/">${scene.words.problem.home}</a></p>`,
  });
}
