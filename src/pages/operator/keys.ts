import { html } from "hono/html";
import { csrfField, page } from "../layout.ts";
import type { Html, Scene } from "../scene.ts";
import type { OperatorVerbs } from "./deps.ts";
import { operatorSections, providerWords } from "./frame.ts";

type Epochs = Awaited<ReturnType<OperatorVerbs["epochs"]>>;
type Epoch = Epochs["epochs"][number];

export interface KeysView {
  epochs: Epochs;
  closing: ReturnType<OperatorVerbs["lastClosing"]>;
  removals: Awaited<ReturnType<OperatorVerbs["removals"]>>;
  log: { size: number; root: string };
  unconfirmed: boolean;
}

function stateWords({ words, numbers }: Scene, epoch: Epoch, current: boolean): string {
  const texts = words.keysPage;
  const day = (at: string) => numbers.shortDate(new Date(at));
  if (current) return texts.current;
  if (epoch.destroyedAt !== null) return texts.destroyed(day(epoch.destroyedAt));
  if (epoch.goneFrom !== null) return texts.waiting(day(epoch.goneFrom));
  return epoch.movedAt === null ? texts.moving : texts.closing;
}

/** Epochs, newest first: which is written under, which are gone and since when. */
export function epochTable(scene: Scene, { epochs }: Epochs): Html {
  const { words, numbers } = scene;
  const texts = words.keysPage;
  return html`<table class="rows"><thead><tr><th scope="col">${texts.epoch}</th><th scope="col">${texts.opened}</th><th scope="col" class="number">${texts.moved}</th><th scope="col">${texts.state}</th></tr></thead><tbody>${epochs.map(
    (epoch, i) => {
      const state = stateWords(scene, epoch, i === 0);
      return html`<tr><th scope="row">${numbers.count(epoch.epoch)}</th><td>${numbers.shortDate(new Date(epoch.openedAt))}</td><td class="number">${i === 0 ? "" : numbers.count(epoch.movedRows)}</td><td>${epochMark(epoch, i === 0, texts.sentence(String(epoch.epoch), state))} ${state}</td></tr>`;
    },
  )}</tbody></table>`;
}

/** Filled: in use; hatched: its key is gone; outlined: on the way. */
function epochMark({ destroyedAt }: Epoch, current: boolean, sentence: string): Html {
  const kind = current ? "current" : destroyedAt === null ? "moving" : "gone";
  return html`<svg class="epoch-mark" width="44" height="12" viewBox="0 0 44 12" role="img" aria-label="${sentence}"><rect class="epoch-${kind}"${kind === "gone" ? html` fill="url(#hatch-gone)"` : ""} x="0.5" y="0.5" width="43" height="11"/></svg>`;
}

/** Epochs, what is being closed or removed, and the step that closes the one in use. */
export function keysPage(scene: Scene, view: KeysView): Html {
  const { words, numbers } = scene;
  const texts = words.keysPage;
  const { closing, removals, epochs } = view;
  return page(scene, {
    title: texts.title,
    kind: "expert",
    sections: operatorSections(scene, "keys"),
    logLine: { ...view.log, entry: null, seal: "unchecked" },
    main: html`<h1>${texts.title}</h1><p class="lead">${texts.lead}</p>
${closing.running ? html`<p class="sheet" role="status">${texts.underWay}</p>` : closing.failed ? html`<p class="sheet refusal" role="alert">${texts.failed}</p>` : ""}
<div class="columns two wide-left"><section class="ruled" aria-labelledby="epochs"><div class="section-line"><h2 id="epochs">${texts.title}</h2><p class="note">${providerWords(scene, epochs.provider)}</p></div>${epochTable(scene, epochs)}${epochs.warning === null ? "" : html`<p class="note">${epochs.warning}</p>`}</section>
<section class="ruled" aria-labelledby="removals"><h2 id="removals">${texts.removals}</h2>${removals.length === 0 ? html`<p class="note">${texts.noRemovals}</p>` : html`<ul class="lines">${removals.map(({ done, entries, startedAt }) => html`<li><span>${numbers.shortDate(startedAt)}</span><span>${texts.removal(numbers.count(done), numbers.count(entries))}</span><progress max="${entries}" value="${done}">${done}</progress></li>`)}</ul>`}</section></div>
<section class="sheet framed" aria-labelledby="close"><h2 id="close">${texts.close}</h2><p>${texts.closeNote}</p>
<form method="post" action="/operator/keys">${scene.csrf === null ? "" : csrfField(scene.csrf)}<label class="tick${view.unconfirmed ? " refused" : ""}"><input type="checkbox" name="confirm" value="yes" required${view.unconfirmed ? html` aria-invalid="true" aria-describedby="confirm-error"` : ""}> ${texts.confirm}</label>${view.unconfirmed ? html`<p class="field-error" id="confirm-error">${texts.unconfirmed}</p>` : ""}<p class="buttons"><button class="button erasing" type="submit"${closing.running ? html` disabled` : ""}>${texts.button}</button></p></form></section>`,
  });
}
