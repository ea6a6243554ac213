import { html } from "hono/html";
import type { Language, ReasonSaid } from "../../decisions/decision.ts";
import type { DryRun, DryRunAnswer } from "../../decisions/dry-run.ts";
import { drawnFrom } from "../../decisions/scale.ts";
import { certainty } from "../../explain/reasons.ts";
import type { Contract } from "../../models/contract.ts";
import { capital, labelOf, outcomeWords } from "../contract-words.ts";
import { reasonBar, type Weight } from "../figures/reason-bar.ts";
import { grouped } from "../numbers.ts";
import type { Html, Scene } from "../scene.ts";

/** What the model would have said, why, and what a customer would see of it. */
export function answerColumn(scene: Scene, contract: Contract, run: DryRun): Html {
  const { words, numbers, language } = scene;
  const { answer } = run;
  const { label, favourable } = outcomeWords(contract, answer.outcome, language);
  const base = numbers.plain(answer.base, 3);
  const drawn = drawnFrom(answer);
  const start =
    answer.threshold === null
      ? words.try.noThreshold(base)
      : words.try.threshold(numbers.plain(answer.threshold), base);
  const said = drawn.logOdds
    ? words.try.logOdds(numbers.plain(drawn.output, 3), numbers.plain(drawn.threshold ?? 0, 3), base)
    : start;
  return html`<p class="would-be ${favourable ? "side-for" : "side-against"}">${label} <span>· ${numbers.plain(answer.score)}</span></p>
<p class="note">${said}</p>
<dl class="run-facts"><dt>${words.try.method}</dt><dd>${answer.method}${isExact(answer) ? "" : html`, ${words.try.intervals}`}</dd><dt>${words.try.rows}</dt><dd>${numbers.count(answer.modelRows)}</dd><dt>${words.try.seed}</dt><dd><code>${grouped(answer.seed)}</code></dd><dt>${words.try.receipt}</dt><dd>${words.try.noReceipt}</dd></dl>
<h3>${words.try.component}</h3><p class="note">${words.try.componentLead}</p>
${component(scene, answer)}
<h3>${words.try.sentences}</h3>${contract.languages.map((spoken) => sentences(scene, spoken, run.reasons[spoken] ?? []))}
${attributions(scene, contract, answer)}
<details class="as-json"><summary>${words.try.json}</summary><pre tabindex="0"><code>${JSON.stringify(answer, null, 2)}</code></pre></details>`;
}

const isExact = ({ attributions }: DryRunAnswer): boolean =>
  Object.values(attributions).every(({ interval: [lower, upper] }) => lower === upper);

/** The element as it will be embedded. What stands inside is what a reader without scripts sees. */
function component(scene: Scene, answer: DryRunAnswer): Html {
  const { language, reasons, attributions } = answer;
  const fed = {
    language,
    reasons,
    attributions: Object.fromEntries(reasons.map(({ feature }) => [feature, attributions[feature]])),
  };
  return html`<motivo-reasons class="component" decision="${JSON.stringify(fed)}" lang="${language}" heading-level="4">${plainReasons(scene, answer)}</motivo-reasons>`;
}

/** As the component draws them, on the server. */
function plainReasons({ words, numbers }: Scene, { reasons, attributions, language }: DryRunAnswer): Html {
  if (reasons.length === 0) return html`<p class="plain-reasons">${words.try.noReasons}</p>`;
  const rows = reasons.map((reason) => {
    const { value, interval } = attributions[reason.feature]!;
    const sign = Math.sign(value) * (reason.direction === "for" ? 1 : -1);
    const [lower = 0, upper = 0] = interval.map((end) => sign * end).sort((a, b) => a - b);
    const exact = lower === upper;
    return { ...reason, toward: sign * value, lower, upper, exact, value, interval };
  });
  const low = Math.min(0, ...rows.map((row) => row.lower));
  const high = Math.max(0, ...rows.map((row) => row.upper));
  const domain = [Math.min(low, -high / 3), Math.max(high, -low / 3)] as const;
  const certain = (row: (typeof rows)[number]) =>
    row.exact
      ? words.decision.exact
      : certainty(row.value, row.interval) === "certain"
        ? words.decision.certain
        : words.decision.almostCertain;
  const sentence = (row: Weight & { text: string }) =>
    words.decision.bar(
      row.text,
      numbers.signed(row.toward),
      numbers.signed(row.lower),
      numbers.signed(row.upper),
    );
  return html`<ul class="plain-reasons">${rows.map((row) => html`<li><span lang="${language}">${row.text}</span> <span class="certain">${certain(row)}</span>${reasonBar(row, domain, sentence(row))}</li>`)}</ul>`;
}

function sentences({ words }: Scene, spoken: Language, reasons: readonly ReasonSaid[]): Html {
  return html`<div class="said-in"><p class="note">${words.try.tongue[spoken]} <code>${spoken}</code></p>${
    reasons.length === 0
      ? html`<p>${words.try.noReasons}</p>`
      : html`<ol lang="${spoken}">${reasons.map(({ text }) => html`<li>${text}</li>`)}</ol>`
  }</div>`;
}

function attributions({ words, numbers, language }: Scene, contract: Contract, answer: DryRunAnswer): Html {
  const bySize = Object.entries(answer.attributions).toSorted(
    ([, a], [, b]) => Math.abs(b.value) - Math.abs(a.value),
  );
  return html`<details class="numbers"><summary>${words.try.all(numbers.count(bySize.length))}</summary><div class="table-room" tabindex="0"><table><thead><tr><th scope="col">${words.try.feature}</th><th scope="col">${words.try.attribution}</th><th scope="col">${words.try.interval}</th></tr></thead><tbody>${bySize.map(
    ([name, { value, interval }]) =>
      html`<tr><th scope="row">${capital(labelOf(contract, name, language))}</th><td>${numbers.signed(value, 4)}</td><td>${numbers.interval(...interval, 4)}</td></tr>`,
  )}</tbody></table></div></details>`;
}
