import type { Text } from "../models/contract.ts";
import type { PublishedVersion } from "../models/registry.ts";
import { activityOf, type ControllerDetails, type ProcessingActivity } from "./record.ts";
import { MEASURES, type Measure, type OpenPoint } from "./standing.ts";

/** A risk that the declared processing itself shows. Likelihood and severity are the controller's to judge. */
export interface ShownRisk {
  code: string;
  text: Text;
  /** What shows it: names of features, outcomes or files. Never a value. */
  because: string[];
}

/** The skeleton of an impact assessment (LGPD 5 XVII and 38; GDPR 35(7)) for one model. */
export interface ImpactAssessment extends ControllerDetails {
  schema: "motivo-impact-assessment/v1";
  generatedAt: string;
  activity: ProcessingActivity;
  /** GDPR 35(3)(a), LGPD 20: why an assessment is due. */
  due: { articles: string[]; text: Text };
  risks: ShownRisk[];
  measures: Measure[];
  toComplete: OpenPoint[];
}

const DUE = {
  articles: ["GDPR 35(3)(a)", "LGPD 20", "LGPD 38"],
  text: {
    "pt-BR":
      "Decisões automatizadas que afetam interesses da pessoa, a partir da avaliação de aspectos pessoais.",
    en: "Automated decisions that affect people, from an evaluation of personal aspects.",
  },
};

const TO_COMPLETE: OpenPoint[] = [
  {
    code: "collection",
    articles: ["LGPD 38 sole §"],
    text: {
      "pt-BR": "Como os dados são coletados antes de chegarem a este serviço, e a segurança dessa coleta.",
      en: "How the data are collected before they reach this service, and how safely.",
    },
  },
  {
    code: "necessity",
    articles: ["GDPR 35(7)(b)", "LGPD 6 III"],
    text: {
      "pt-BR": "Por que cada informação é necessária e proporcional à finalidade.",
      en: "Why each item is necessary, and proportionate to the purpose.",
    },
  },
  {
    code: "judgement",
    articles: ["GDPR 35(7)(c)"],
    text: {
      "pt-BR": "Probabilidade e gravidade de cada risco para as pessoas, e o risco que resta.",
      en: "How likely and how grave each risk is to people, and what risk remains.",
    },
  },
  {
    code: "views",
    articles: ["GDPR 35(9)"],
    text: {
      "pt-BR": "Opinião dos titulares ou de seus representantes, e parecer do encarregado (GDPR 35(2)).",
      en: "Views of data subjects or their representatives, and advice of the officer (GDPR 35(2)).",
    },
  },
  {
    code: "approval",
    articles: ["LGPD 38", "GDPR 35(11)"],
    text: {
      "pt-BR": "Quem aprova, quando, e quando será revisto.",
      en: "Who approves, when, and when it will be reviewed.",
    },
  },
];

const unique = (names: string[]): string[] => [...new Set(names)];

/** Risks that a reader of the contract can see without knowing anybody. */
export function shownRisks({ contract }: Pick<PublishedVersion, "contract">): ShownRisk[] {
  const named = (keep: (feature: (typeof contract.features)[number]) => boolean) =>
    contract.features.filter(keep).map(({ name }) => name);
  const risks: ShownRisk[] = [
    {
      code: "sensitive-data",
      text: {
        "pt-BR": "Dados sensíveis, ou que podem revelá-los, entram na decisão (LGPD 11, GDPR 9).",
        en: "Sensitive data, or what may reveal them, enter the decision (LGPD 11, GDPR 9).",
      },
      because: named(({ sensitivity }) => sensitivity === "sensitive" || sensitivity === "proxy"),
    },
    {
      code: "children",
      text: {
        "pt-BR": "Dados de crianças ou adolescentes entram na decisão (LGPD 14, GDPR 8).",
        en: "Data about children enter the decision (LGPD 14, GDPR 8).",
      },
      because: named(({ sensitivity }) => sensitivity === "child"),
    },
    {
      code: "singling-out",
      text: {
        "pt-BR": "Em conjunto, estas informações podem indicar quem é a pessoa, também no registro.",
        en: "Taken together these items may tell who the person is, in the record too.",
      },
      because: contract.quasiIdentifiers,
    },
    {
      code: "free-text",
      text: {
        "pt-BR":
          "Texto livre pode trazer dados que ninguém previu; nomes desconhecidos nem sempre são encontrados.",
        en: "Free text may bring data that nobody foresaw; unknown names are not always found.",
      },
      because: named(({ type, policy }) => type === "text" && policy.kind !== "drop"),
    },
    {
      code: "erasure-refused",
      text: {
        "pt-BR": "Parte dos dados fica apesar de um pedido de eliminação, pela base legal declarada.",
        en: "Some data stay in spite of a request for erasure, on the declared legal basis.",
      },
      because: unique(
        contract.features.flatMap(({ basis }) => (contract.bases[basis]?.erasure.allowed ? [] : [basis])),
      ),
    },
    {
      code: "background-of-people",
      text: {
        "pt-BR": "As linhas de comparação da explicação são de pessoas reais.",
        en: "The rows that explanations compare with are of real people.",
      },
      because: contract.background.synthetic ? [] : [contract.background.file],
    },
  ];
  return risks.filter(({ because }) => because.length > 0);
}

export function impactAssessment(
  who: ControllerDetails,
  version: PublishedVersion,
  now: Date,
): ImpactAssessment {
  return {
    schema: "motivo-impact-assessment/v1",
    generatedAt: now.toISOString(),
    controller: who.controller,
    dataProtectionOfficer: who.dataProtectionOfficer,
    activity: activityOf(version),
    due: DUE,
    risks: shownRisks(version),
    measures: MEASURES,
    toComplete: TO_COMPLETE,
  };
}
