import { html } from "hono/html";
import type { Fault } from "../../errors.ts";
import type { Contract, Feature } from "../../models/contract.ts";
import { capital, unitOf } from "../contract-words.ts";
import { csrfField } from "../layout.ts";
import type { Html, Scene } from "../scene.ts";

/** Fields before the rest is folded away. */
const SHOWN_FIELDS = 10;

/** What was typed, by feature; strings as they came. */
export type Typed = Readonly<Record<string, string>>;

const fieldName = (feature: Feature): string => `input:${feature.name}`;

/** The contract's example as somebody would have typed it. */
export const exampleTyped = ({ example }: Contract): Typed =>
  Object.fromEntries(Object.entries(example.inputs).map(([name, value]) => [name, String(value)]));

export function readTyped({ features }: Contract, form: Readonly<Record<string, unknown>>): Typed {
  return Object.fromEntries(
    features.map((feature) => {
      const value = form[fieldName(feature)];
      return [feature.name, typeof value === "string" ? value : ""];
    }),
  );
}

/**
 * What was typed as the API would be sent it. A number that is written as JSON writes one becomes one; whatever else
 * stays text, so that the same check as for every call says what is wrong. Empty is absent.
 */
export function inputsOf({ features }: Contract, typed: Typed): Record<string, string | number> {
  return Object.fromEntries(
    features.flatMap((feature): [string, string | number][] => {
      const value = typed[feature.name] ?? "";
      if (value.trim() === "") return [];
      const numeric = feature.type === "number" || feature.type === "integer";
      if (!numeric) return [[feature.name, value]];
      const written = value.trim();
      return [[feature.name, /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(written) ? Number(written) : written]];
    }),
  );
}

export interface TryForm {
  model: string;
  contract: Contract;
  typed: Typed;
  language: string;
  faults: readonly Fault[];
  perHour: number;
}

/** A field for each feature, as the package declares it. Checked by the server alone, with the API's own words. */
export function tryForm(scene: Scene, form: TryForm): Html {
  const { words, numbers } = scene;
  const { features, languages } = form.contract;
  const faultOf = (feature: Feature) =>
    form.faults.find(({ pointer }) => pointer === `/inputs/${pointerStep(feature.name)}`);
  const fields = features.map((feature, i) => inputField(scene, feature, i, form.typed, faultOf(feature)));
  const folded = features.slice(SHOWN_FIELDS);
  return html`<form class="try-form" method="post" action="/product/models/${form.model}" novalidate>${scene.csrf === null ? "" : csrfField(scene.csrf)}
<div class="try-fields">${fields.slice(0, SHOWN_FIELDS)}</div>
${
  folded.length === 0
    ? ""
    : html`<details class="more-fields"${folded.some(faultOf) ? html` open` : ""}><summary>${words.try.more(numbers.count(folded.length))}</summary><div class="try-fields">${fields.slice(SHOWN_FIELDS)}</div></details>`
}
<div class="try-fields last"><div class="try-field"><label for="language">${words.try.language}</label><select id="language" name="language">${languages.map((one) => html`<option value="${one}"${one === form.language ? html` selected` : ""}>${one}</option>`)}</select></div></div>
<p class="buttons"><button class="button" type="submit">${words.try.explain}</button></p><p class="note">${words.try.limit(numbers.count(form.perHour))}</p></form>`;
}

export const fieldId = (index: number): string => `field-${index}`;

/** RFC 6901 */
export const pointerStep = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");

/**
 * One field as the package declares it: label, control, hint, and what is wrong with it.
 * @param plain words in the place of names and codes that only a product team knows: what was used before
 */
export function inputField(
  scene: Scene,
  feature: Feature,
  index: number,
  typed: Typed,
  fault: Fault | undefined,
  plain?: { was: string },
): Html {
  const { language, words } = scene;
  const id = fieldId(index);
  const described = html` aria-describedby="${id}-hint${fault ? ` ${id}-error` : ""}"${fault ? html` aria-invalid="true"` : ""}`;
  const value = typed[feature.name] ?? "";
  return html`<div class="try-field"><label for="${id}">${capital(feature.label[language])}${plain ? "" : html` <code>${feature.name}</code>`}</label>${
    feature.type === "category"
      ? html`<select id="${id}" name="${fieldName(feature)}"${described}>${choices(feature, value, language)}</select>`
      : feature.type === "text"
        ? html`<textarea id="${id}" name="${fieldName(feature)}" rows="2"${described}>${value}</textarea>`
        : html`<input id="${id}" name="${fieldName(feature)}" value="${value}" inputmode="decimal" autocomplete="off"${described}>`
  }<p class="field-hint" id="${id}-hint">${plain ? html`${plain.was}<br>` : ""}${plain && feature.type === "category" ? "" : hintOf(scene, feature)}</p>${
    fault
      ? html`<p class="field-error" id="${id}-error">${words.try.faults[fault.code] ?? fault.detail}${plain ? "" : html` <code>${fault.code}</code>`}</p>`
      : ""
  }</div>`;
}

/** A value that is none of the package's stays chosen, so that the refusal speaks of what is there. */
function choices(
  feature: Extract<Feature, { type: "category" }>,
  value: string,
  language: Scene["language"],
): Html {
  const known = feature.values.some((one) => one.value === value);
  return html`${known ? "" : html`<option value="${value}" selected>${value}</option>`}${feature.values.map((one) => html`<option value="${one.value}"${one.value === value ? html` selected` : ""}>${one.label[language]}</option>`)}`;
}

function hintOf({ language, words, numbers }: Scene, feature: Feature): string {
  switch (feature.type) {
    case "category":
      return words.try.values(numbers.count(feature.values.length));
    case "text":
      return words.try.characters(numbers.count(feature.maxLength));
    default: {
      // Fields take unlocalised numbers, so the hint shows them so.
      const range = numbers.range(String(feature.min), String(feature.max));
      const unit = unitOf(feature, language);
      const withUnit = unit === undefined ? range : `${range} ${unit}`;
      return feature.type === "integer" ? words.try.wholeNumbers(withUnit) : withUnit;
    }
  }
}
