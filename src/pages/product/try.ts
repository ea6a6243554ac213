import { html } from "hono/html";
import type { DryRun } from "../../decisions/dry-run.ts";
import type { Fault } from "../../errors.ts";
import type { ReasonsComponent } from "../component.ts";
import { capital, outcomeWords } from "../contract-words.ts";
import type { ProductModel } from "../deps.ts";
import { page } from "../layout.ts";
import type { Html, Scene } from "../scene.ts";
import { answerColumn } from "./answer.ts";
import { batchCall, curlCall, embedding, environment, pythonCall, typescriptCall } from "./calls.ts";
import { fieldId, inputsOf, pointerStep, type TryForm, tryForm } from "./form.ts";

export interface TryView {
  models: readonly ProductModel[];
  chosen: ProductModel;
  form: Omit<TryForm, "model" | "contract">;
  /** Whether the form holds what somebody sent, and not the package's example. */
  sent: boolean;
  /** null when it was refused */
  run: DryRun | null;
  refusal: { faults: readonly Fault[]; retryAfterSeconds?: number | undefined; code: string } | null;
  component: ReasonsComponent;
  /** Scheme and host that this page was reached under. */
  origin: string;
}

export const productSections = ({ words }: Scene) => [
  { href: "/product", label: words.product.try, current: true },
  { href: "/docs", label: words.product.reference, current: false },
];

/** A product team's first page: a form from the package, the answer with its reasons, and the call that gives it. */
export function tryPage(scene: Scene, view: TryView): Html {
  const { words, language } = scene;
  const { chosen, form, run, component } = view;
  return page(scene, {
    title: words.try.title,
    kind: "expert",
    sections: productSections(scene),
    mono: true,
    module: { src: component.path, integrity: component.integrity },
    main: html`<div class="title-line"><h1>${words.try.title}</h1><p class="no-decision">${words.try.noDecision}</p></div>
<p>${capital(chosen.contract.title[language])}: <code>${chosen.model}</code> ${words.try.lead(String(chosen.version))}</p>
${chooser(scene, view)}
<nav class="narrow" aria-label="${words.try.jumps}"><ul class="jumps"><li><a href="#answer">${words.try.answer}${wouldBe(scene, view)}</a></li><li><a href="#call">${words.try.call}</a></li></ul></nav>
<div class="try">
<section class="ruled" aria-labelledby="input"><div class="section-line"><h2 id="input">${words.try.input}</h2><p class="note">${view.sent ? words.try.typedNote : words.try.exampleNote}</p></div>${refused(scene, view)}${tryForm(scene, { ...form, model: chosen.model, contract: chosen.contract })}</section>
<section class="ruled" aria-labelledby="answer"><h2 id="answer">${words.try.answer}</h2>${run === null ? html`<p class="note">${words.try.refusedTitle}</p>` : answerColumn(scene, chosen.contract, run)}</section>
<section class="ruled" aria-labelledby="call"><h2 id="call">${words.try.call}</h2>${calls(scene, view)}</section></div>`,
  });
}

/** On a phone the answer is below the form: the way to it says already what it is. */
function wouldBe({ language, numbers }: Scene, { chosen, run }: TryView): string {
  if (run === null) return "";
  const { outcome, score } = run.answer;
  return `: ${outcomeWords(chosen.contract, outcome, language).label} · ${numbers.plain(score)}`;
}

function chooser({ words, language }: Scene, { models, chosen }: TryView): Html {
  return html`<nav class="models" aria-label="${words.try.models}"><span class="note">${words.try.models}</span><ul>${models.map(({ model, version, contract }) => html`<li><a href="/product/models/${model}"${model === chosen.model ? html` aria-current="page"` : ""}>${contract.title[language]} <code>${model}</code> ${version}</a></li>`)}</ul></nav>`;
}

/** What is wrong, with the way to each place. What was typed stays in the form and is not said again here. */
function refused({ words, numbers, language }: Scene, { refusal, chosen }: TryView): Html | "" {
  if (refusal === null) return "";
  const { faults, retryAfterSeconds } = refusal;
  const places = faults.flatMap(({ pointer, code, detail }) => {
    const index = chosen.contract.features.findIndex(
      ({ name }) => pointer === `/inputs/${pointerStep(name)}`,
    );
    const feature = chosen.contract.features[index];
    if (feature === undefined) return [];
    const said = words.try.faults[code] ?? detail;
    return [
      html`<li><a href="#${fieldId(index)}">${capital(feature.label[language])}</a>: ${said} <code>${code}</code></li>`,
    ];
  });
  const why =
    retryAfterSeconds === undefined
      ? words.try.refusedLead
      : words.try.refusedLater(numbers.count(Math.ceil(retryAfterSeconds / 60)));
  return html`<div class="sheet refusal" role="alert"><p><strong>${words.try.refusedTitle}</strong> ${why}${places.length === 0 ? html` <code>${refusal.code}</code>` : ""}</p>${places.length === 0 ? "" : html`<ul>${places}</ul>`}</div>`;
}

function calls(scene: Scene, { chosen, form, run, component, origin }: TryView): Html {
  const { words, numbers } = scene;
  const call = {
    model: chosen.model,
    subject: chosen.contract.example.subject,
    language: form.language,
    inputs: inputsOf(chosen.contract, form.typed),
  };
  const block = (name: string, text: string) =>
    html`<figure class="call"><figcaption>${name}</figcaption><pre tabindex="0"><code>${text}</code></pre></figure>`;
  const embedded = embedding(component, {
    origin,
    backend: words.try.backend,
    language: form.language,
    fallback: run?.answer.reasons[0]?.text ?? words.try.noReasons,
  });
  const size = numbers.plain(component.bytes.length / 1000, 1);
  return html`<p class="note">${words.try.callLead}</p>${block("sh", environment(origin))}
${block("curl", curlCall(call))}
${block(words.try.typescriptFile, typescriptCall(call))}
${block(words.try.pythonFile, pythonCall(call))}
<details class="batch-call"><summary>${words.try.batch}</summary><p class="note">${words.try.batchLead}</p>${block("curl", batchCall(call))}</details>
<h3>${words.try.onPage}</h3><p class="note">${words.try.onPageLead}</p>${block("HTML", embedded)}<p class="note">${words.try.onPageFile(component.version, size)}: <a href="${component.path}">${component.path}</a></p>`;
}

/** Before anything is published. */
export function noModelsPage(scene: Scene): Html {
  const { words } = scene;
  return page(scene, {
    title: words.try.title,
    kind: "expert",
    sections: productSections(scene),
    main: html`<h1>${words.try.title}</h1><p class="lead">${words.try.noModels}</p>`,
  });
}
