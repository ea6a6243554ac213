import { html } from "hono/html";
import { page } from "../layout.ts";
import type { Html, Scene } from "../scene.ts";
import { responsible } from "./sections.ts";

/** Why no certificate came: not a key, nobody's key, or the erasure is still under way. */
export type CertificateRefusal = "wrong" | "unknown" | "pending";

/** Where somebody who was erased comes back with the key that they kept. What was pasted is not shown again. */
export function certificatePage(scene: Scene, refusal: CertificateRefusal | null): Html {
  const words = scene.words.certificate;
  return page(scene, {
    title: words.title,
    kind: "customer",
    main: html`<h1>${words.title}</h1><p class="lead">${words.lead}</p>
<form class="asking" method="post" action="/certificate"><div class="own-words"><label for="key">${words.field}</label><textarea id="key" class="key-text" name="key" rows="5" maxlength="20000" required spellcheck="false" autocomplete="off" aria-describedby="key-hint${refusal ? " key-error" : ""}"${refusal ? html` aria-invalid="true"` : ""}></textarea><p class="field-hint" id="key-hint">${words.fieldHint}</p>${refusal ? html`<p class="field-error" id="key-error" role="alert">${words[refusal]}</p>` : ""}</div><p class="buttons"><button class="button" type="submit">${words.button}</button></p></form>
<p class="note after">${words.check}</p>
${responsible(scene)}`,
  });
}
