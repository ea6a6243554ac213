import { formatValue } from "../explain/reasons.ts";
import type { Contract, Feature } from "../models/contract.ts";
import { outcomesOf } from "../models/outcomes.ts";
import type { CounterfactualsOf } from "./counterfactuals.ts";
import type { Language } from "./decision.ts";
import { changeableFeatures } from "./search-changes.ts";

type Both = Record<Language, string>;

export interface ToldChange {
  feature: string;
  from: string | number;
  to: string | number;
  text: Both;
}

export interface ToldWay {
  changes: ToldChange[];
  outcome: string;
  score: number;
  text: Both;
}

/** What would have changed a decision, as people are told it. */
export interface ToldCounterfactuals {
  state:
    | "found"
    | "none-within-reach"
    | "not-found-within-budget"
    | "computing"
    | "favourable"
    | "nothing-changeable";
  /** The state in words. */
  statement: Both;
  /** That it is no promise: by which model, and of which day. Null where nothing was computed. */
  noPromise: Both | null;
  ways: ToldWay[];
  /** The features that were looked at. */
  considered: { feature: string; label: Both }[];
  /** Of the entry that they are on the record with. */
  logIndex: number | null;
}

const both = (say: (language: Language) => string): Both => ({ "pt-BR": say("pt-BR"), en: say("en") });

const STATEMENTS: Record<ToldCounterfactuals["state"], Both> = {
  found: {
    "pt-BR": "Com uma destas mudanças, o resultado teria sido outro.",
    en: "With one of these changes the outcome would have been another.",
  },
  "none-within-reach": {
    "pt-BR":
      "Nenhuma mudança ao seu alcance teria mudado o resultado: todas as combinações possíveis foram consideradas.",
    en: "No change within your reach would have changed the outcome: every combination there is was considered.",
  },
  "not-found-within-budget": {
    "pt-BR":
      "Não foi encontrada uma mudança ao seu alcance que tivesse mudado o resultado; nem todas as combinações foram tentadas, então pode existir uma.",
    en: "No change within your reach was found that would have changed the outcome; not every combination was tried, so there may be one.",
  },
  computing: {
    "pt-BR": "Ainda está sendo calculado. Volte daqui a pouco.",
    en: "This is still being computed. Come back in a moment.",
  },
  favourable: {
    "pt-BR": "O resultado foi favorável.",
    en: "The outcome was favourable.",
  },
  "nothing-changeable": {
    "pt-BR": "Este modelo não declara nenhuma informação que você possa mudar.",
    en: "This model declares nothing that you could change.",
  },
};

/** A regression's score is in its own unit, a probability's is not. */
const scoreWords = (score: number, language: Language): string =>
  new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 })
    .format(score === 0 ? 0 : score)
    .replace("-", "−");

function valueWords(feature: Feature, value: string | number, language: Language): string {
  const unit = "unit" in feature ? feature.unit?.[language] : undefined;
  const valueLabel =
    feature.type === "category"
      ? feature.values.find((one) => one.value === value)?.label[language]
      : undefined;
  return formatValue(value, { unit, valueLabel }, language);
}

const PLAIN: Record<Language, (label: string) => string> = {
  "pt-BR": (label) => `${label}: {to} em vez de {from}`,
  en: (label) => `${label}: {to} instead of {from}`,
};

function changeWords(
  contract: Contract,
  { feature: name, from, to }: Omit<ToldChange, "text">,
  language: Language,
): string {
  const feature = contract.features.find((one) => one.name === name);
  if (!feature) return name;
  const own = feature.type === "text" ? undefined : feature.changeable?.text?.[language];
  const values = { from: valueWords(feature, from, language), to: valueWords(feature, to, language) };
  return (own ?? PLAIN[language](feature.label[language])).replaceAll(
    /\{(from|to)\}/g,
    (_, which: "from" | "to") => values[which],
  );
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const outcomeLabel = (contract: Contract, code: string, language: Language): string =>
  outcomesOf(contract).find((one) => one.code === code)?.label[language] ?? code;

const WAY: Record<Language, (changes: string, score: string, outcome: string) => string> = {
  "pt-BR": (changes, score, outcome) => `${changes}. A pontuação seria ${score}: ${outcome}.`,
  en: (changes, score, outcome) => `${changes}. The score would be ${score}: ${outcome}.`,
};
const AND: Record<Language, string> = { "pt-BR": " e ", en: " and " };

const NO_PROMISE: Record<Language, (model: string, version: number, day: string) => string> = {
  "pt-BR": (model, version, day) =>
    `Calculado com o mesmo modelo que decidiu (${model}, versão ${version}), sobre a decisão de ${day}. Mostra o que esse modelo teria respondido e não é promessa: outro pedido, outro dia ou outro modelo podem dar outro resultado.`,
  en: (model, version, day) =>
    `Computed with the model that decided (${model}, version ${version}), about the decision of ${day}. It shows what that model would have answered and is no promise: another application, day or model may bring another outcome.`,
};

const dayWords = (at: string, language: Language): string =>
  new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
    dateStyle: "long",
    timeZone: "UTC",
  }).format(new Date(at));

const joined = (parts: string[], language: Language): string =>
  parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")}${AND[language]}${parts.at(-1)}`;

/** @param contract of the version that decided */
export function tellCounterfactuals(contract: Contract, known: CounterfactualsOf): ToldCounterfactuals {
  const considered =
    known.state === "computed" || known.state === "computing"
      ? changeableFeatures(contract).map(({ name, label }) => ({ feature: name, label }))
      : [];
  if (known.state !== "computed")
    return {
      state: known.state,
      statement: STATEMENTS[known.state],
      noPromise: null,
      ways: [],
      considered,
      logIndex: null,
    };
  const { found, logIndex } = known;
  return {
    state: found.state,
    statement: STATEMENTS[found.state],
    noPromise: both((language) =>
      NO_PROMISE[language](found.model, found.version, dayWords(found.decidedAt, language)),
    ),
    ways: found.ways.map(({ changes, outcome, score }) => ({
      changes: changes.map(({ feature, from, to }) => ({
        feature,
        from,
        to,
        text: both((language) => changeWords(contract, { feature, from, to }, language)),
      })),
      outcome,
      score,
      text: both((language) =>
        WAY[language](
          capital(
            joined(
              changes.map((change) => changeWords(contract, change, language)),
              language,
            ),
          ),
          scoreWords(score, language),
          outcomeLabel(contract, outcome, language),
        ),
      ),
    })),
    considered,
    logIndex,
  };
}
