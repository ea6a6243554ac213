import { html } from "hono/html";
import type { DecisionRecord, RecordedValue } from "../../decisions/decision.ts";
import { drawnFrom } from "../../decisions/scale.ts";
import type { Contract, Feature } from "../../models/contract.ts";
import { featureNamed, outcomeWords, policyWords, recordedWords } from "../contract-words.ts";
import { gone } from "../figures/marks.ts";
import { recordedRange } from "../figures/recorded-value.ts";
import { axisRow, baseRow, type Cascade, cascade, scoreRow, stepRow } from "../figures/waterfall.ts";
import { decimalsOf } from "../numbers.ts";
import type { Html, Scene } from "../scene.ts";

/** Rows with a bar of their own; what is smaller shares one. */
const MOST_ROWS = 24;

interface Row {
  name: string;
  value: number;
  interval: readonly [number, number] | null;
  recorded: Html | "";
  /** The recorded value is drawn beside its words, on one line. */
  ranged?: boolean;
  policy: string;
}

/**
 * From the base to the score in stored steps, each bar in the row of the recorded value that it rests on. Dropped
 * features have no row of their own: they share one with what the record holds coarser than it was, and the rounding.
 */
export function waterfallSection(scene: Scene, record: DecisionRecord, contract: Contract): Html {
  const { numbers, language } = scene;
  const words = scene.words.auditDecision;
  const decimals = decimalsOf(record.step);
  const rows = rowsOf(scene, record, contract);
  const { sign } = outcomeWords(contract, record.outcome, language);
  const { output, threshold, logOdds } = drawnFrom(record);
  const figure = cascade(
    record.base,
    output,
    threshold,
    rows.map(({ value, interval }) => ({ value, interval, toward: sign * value })),
  );
  const plain = (value: number) => numbers.plain(value, decimals, 6);
  const note = record.attributionsOf === undefined ? words.stepNoteBefore : words.stepNote;
  const strongest = rows
    .slice(0, 3)
    .map(({ name, value }) => `${name} ${numbers.signed(value, decimals, 6)}`)
    .join(", ");
  const end = (name: string, plot: Html, value: string, kind: string) =>
    html`<tr class="${kind}"><th scope="row" colspan="3">${name}</th><td class="plot-cell">${plot}</td><td class="number strong">${value}</td><td></td></tr>`;
  return html`<section class="ruled waterfall"><div class="section-line"><h2>${words.reasons}</h2><p class="quiet">${note(plain(record.step))}${logOdds ? ` ${words.logOddsNote(plain(output), plain(record.score))}` : ""}</p></div>
<table><thead><tr><th scope="col">${words.feature}</th><th scope="col">${words.recorded}</th><th scope="col">${words.policy}</th><th scope="col">${words.plot}</th><th scope="col" colspan="2" class="number">${words.attribution}</th></tr></thead><tbody class="steps">
<tr class="axis-row"><td colspan="3"></td><td class="plot-cell">${axisRow(figure, words.sentence(plain(record.base), plain(output), strongest), (mark) => numbers.plain(mark, Math.min(decimals, 2), 6))}</td><td colspan="2"></td></tr>
${end(words.base, baseRow(figure, record.base, threshold), plain(record.base), "base-row")}
${rows.map((row, i) => stepRowOf(scene, figure, { step: record.step, threshold }, row, i, sign))}
${end(logOdds ? words.logOdds : words.score, scoreRow(figure, output, threshold, words.threshold), plain(output), "score-row")}
</tbody></table></section>`;
}

function stepRowOf(
  { numbers, words }: Scene,
  figure: Cascade,
  record: { step: number; threshold: number | null },
  row: Row,
  index: number,
  sign: number,
): Html {
  const decimals = decimalsOf(record.step);
  const { value, interval } = row;
  // Nothing finer than a step is stored, so nothing finer is said.
  const narrow = interval !== null && interval[1] - interval[0] < record.step * (1 - 1e-9);
  const side = Math.abs(value) < record.step * 1e-6 ? "none" : sign * value > 0 ? "for" : "against";
  return html`<tr><th scope="row">${row.name}</th><td class="recorded${row.ranged ? " ranged" : ""}">${row.recorded}</td><td class="policy">${row.policy}</td><td class="plot-cell">${stepRow(figure, index, record.threshold)}</td><td class="number strong side-${side}">${numbers.signed(value, decimals, 6)}</td><td class="number interval">${
    interval === null
      ? ""
      : narrow
        ? words.auditDecision.within
        : numbers.interval(interval[0], interval[1], decimals)
  }</td></tr>`;
}

function rowsOf(scene: Scene, record: DecisionRecord, contract: Contract): Row[] {
  const words = scene.words.auditDecision;
  const kept = Object.entries(record.attributions).sort(
    ([, a], [, b]) => Math.abs(b.value) - Math.abs(a.value),
  );
  const shown = kept.length > MOST_ROWS ? kept.slice(0, MOST_ROWS - 1) : kept;
  const folded = kept.slice(shown.length);
  const dropped = Object.keys(record.inputs).filter((name) => record.attributions[name] === undefined).length;
  const rows = shown.map(([name, { value, interval }]): Row => {
    const feature = featureNamed(contract, name);
    const input = record.inputs[name];
    return {
      name,
      value,
      interval,
      recorded: input === undefined ? "" : recordedCell(scene, feature, input),
      ranged: input?.kind === "range",
      policy: policyWords(feature, scene),
    };
  });
  if (folded.length > 0) {
    const value = folded.reduce((sum, [, attribution]) => sum + attribution.value, 0);
    rows.push({
      name: words.more(folded.length),
      value,
      interval: null,
      recorded: html`${words.moreShort}`,
      policy: "",
    });
  }
  rows.push({
    name: dropped > 0 ? words.notKeptRow(dropped) : words.rounding,
    value: record.rest,
    interval: null,
    recorded: dropped > 0 ? html`<span>${words.notKept}</span> ${gone()}` : "",
    policy: dropped > 0 ? scene.words.policies.drop : "",
  });
  return rows;
}

function recordedCell(scene: Scene, feature: Feature | undefined, value: RecordedValue): Html {
  const text = recordedWords(feature, value, scene);
  if (value.kind === "range" && feature !== undefined && "min" in feature) {
    return html`${recordedRange(value, [feature.min, feature.max])}<span>${text}</span>`;
  }
  return value.kind === "pseudonym" ? html`<code>${text}</code>` : html`<span>${text}</span>`;
}
