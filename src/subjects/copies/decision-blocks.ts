import type { Language } from "../../decisions/decision.ts";
import type { Contract } from "../../models/contract.ts";
import type { HeldDecision } from "../access.ts";
import type { CopyWords } from "./copy-words.ts";
import type { Block } from "./pdf/tagged-document.ts";
import { featureLabel, outcomeWords, valueLabel } from "./value-words.ts";
import type { Figures } from "./words.ts";

/** Bars in the picture of a decision. */
const DRAWN = 8;

export interface Wording {
  language: Language;
  words: CopyWords;
  figures: Figures;
}

/** One decision for a reader: outcome, score, reasons as picture and sentences, and each input with its weight. */
export function decisionBlocks(
  { language, words, figures }: Wording,
  { at, logIndex, client, subject, inputs, decision: d }: HeldDecision,
  contract: Contract | undefined,
): Block[] {
  const { label, headline } = outcomeWords(contract, d.outcome, language);
  const entry = figures.count(logIndex);
  const named = [subject.id, subject.name, subject.email, subject.phone, subject.document];
  const scaled = d.explained?.scale === "log-odds" ? d.explained : null;
  const score = [
    words.score(figures.exact(d.score)),
    ...(d.threshold === null ? [] : [words.limit(figures.exact(d.threshold))]),
    ...(scaled ? [] : [words.base(figures.exact(d.base))]),
  ].join(", ");
  return [
    { kind: "heading", level: 2, text: words.decision(label, figures.time(at)) },
    ...(headline === "" ? [] : [{ kind: "paragraph", text: headline } as const]),
    { kind: "paragraph", text: `${score}.` },
    ...(scaled
      ? [
          {
            kind: "paragraph",
            text: words.logOdds(
              figures.exact(scaled.output),
              figures.exact(d.base),
              scaled.threshold === null ? null : figures.exact(scaled.threshold),
            ),
          } as const,
        ]
      : []),
    picture({ language, words, figures }, d.attributions, contract),
    ...(d.reasons.length === 0
      ? []
      : ([
          { kind: "heading", level: 3, text: words.reasons },
          { kind: "list", items: d.reasons.map(({ text }) => text) },
        ] as const)),
    { kind: "heading", level: 3, text: words.inputs },
    {
      kind: "list",
      items: Object.entries(inputs).map(([name, value]) => {
        const label = featureLabel(contract, name, language);
        const told = valueLabel(contract, name, value, language, figures.exact);
        const weight = d.attributions[name];
        if (!weight) return `${label}: ${told}`;
        const [lower, upper] = weight.interval;
        return words.weighed(
          label,
          told,
          figures.signed(weight.value),
          figures.signed(lower),
          figures.signed(upper),
        );
      }),
    },
    {
      kind: "paragraph",
      text: [
        words.decisionFacts(d.id, entry, d.model, String(d.version), client),
        words.procedure(d.method, figures.count(d.modelRows), d.seed),
        `${words.identified}: ${named.filter((each) => each !== undefined).join("; ")}.`,
      ].join(" "),
    },
  ];
}

function picture(
  { language, words, figures }: Wording,
  attributions: HeldDecision["decision"]["attributions"],
  contract: Contract | undefined,
): Block {
  const largest = Object.entries(attributions)
    .sort(([, a], [, b]) => Math.abs(b.value) - Math.abs(a.value))
    .slice(0, DRAWN);
  const most = Math.abs(largest[0]?.[1].value ?? 0) || 1;
  const parts = largest.map(
    ([name, { value }]) => `${featureLabel(contract, name, language)} ${figures.signed(value)}`,
  );
  return {
    kind: "bars",
    alt: words.figure(parts.join("; ")),
    bars: largest.map(([name, { value }]) => ({
      label: `${featureLabel(contract, name, language)} ${figures.signed(value)}`,
      share: value / most,
    })),
  };
}
