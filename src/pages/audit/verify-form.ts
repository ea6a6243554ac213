import { html } from "hono/html";
import type { Html, Scene } from "../scene.ts";
import { verifier } from "../verifier.ts";

/**
 * Runs the verifier in the reader's browser on a file that they have, or on one that it fetches. Without scripts the form
 * is not there, and the command beside it does the same.
 * @param about `fetch`: where the file comes from; `vkeys`: what it is checked under, for the reader to replace
 */
export function verifyForm(
  scene: Scene,
  about: { fetch: string; vkeys: readonly string[]; fetchLabel: string },
): Html {
  const texts = scene.words.verify;
  const { words } = texts;
  return html`<form class="step-form verify-form" data-verify data-module="${verifier().entry}" data-fetch="${about.fetch}" data-words="${JSON.stringify(words)}" hidden>
<label for="verify-vkey">${texts.vkey}</label><textarea id="verify-vkey" name="vkey" rows="${Math.max(2, about.vkeys.length + 1)}" spellcheck="false" required aria-describedby="vkey-hint">${about.vkeys.join("\n")}</textarea><p class="field-hint" id="vkey-hint">${texts.vkeyHint}</p>
<label for="verify-kept">${texts.kept}</label><textarea id="verify-kept" name="kept" rows="3" spellcheck="false" maxlength="10000"></textarea>
<label for="verify-file">${texts.file}</label><input id="verify-file" name="file" type="file">
<p class="buttons"><button class="button" type="submit" value="fetch">${about.fetchLabel}</button> <button class="button second" type="submit" value="file">${texts.verifyFile}</button></p>
<progress hidden aria-label="${texts.progress}"></progress><p class="verdict" role="status" data-said></p><pre hidden lang="en"></pre></form>`;
}

/** The script that shows the form; a page that has the form names it. */
export const verifyScript = () => verifier().script;
