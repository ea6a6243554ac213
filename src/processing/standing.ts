import type { Text } from "../models/contract.ts";

/** A safeguard that holds in every installation, and the page that says how. */
export interface Measure {
  code: string;
  text: Text;
  page: string;
}

/** Something that the law asks of the controller and that no software can fill in. */
export interface OpenPoint {
  code: string;
  articles: string[];
  text: Text;
}

/** Only what the code does without any setting; whatever depends on one is left to the controller's own words. */
export const MEASURES: Measure[] = [
  {
    code: "encryption-per-person",
    text: {
      "pt-BR":
        "Dados de entrada e explicações completas cifrados (AES-256-GCM) com uma chave por pessoa e uso.",
      en: "Inputs and full explanations are encrypted (AES-256-GCM) under a key per person and use.",
    },
    page: "docs/privacy.md",
  },
  {
    code: "keys-outside-database",
    text: {
      "pt-BR": "A chave que abre as chaves das pessoas fica fora do banco de dados e de suas cópias.",
      en: "The key that opens people's keys lies outside the database and its copies.",
    },
    page: "docs/threat-model.md",
  },
  {
    code: "anonymised-record",
    text: {
      "pt-BR": "Auditores leem apenas registros em que cada informação passou por uma política declarada.",
      en: "Auditors read only records in which each item went through a declared policy.",
    },
    page: "docs/privacy.md",
  },
  {
    code: "tamper-evident-log",
    text: {
      "pt-BR": "Cada decisão, consulta, recusa e eliminação entra em um registro que denuncia alterações.",
      en: "Each decision, reading, refusal and erasure goes into a log that shows tampering.",
    },
    page: "docs/threat-model.md",
  },
  {
    code: "readings-traced",
    text: {
      "pt-BR": "Quem abre dados pessoais deixa finalidade, papel e data, que a pessoa pode ver.",
      en: "Whoever opens personal data leaves purpose, role and time, which the person can see.",
    },
    page: "docs/decisions/0006-readings-name-the-decision.md",
  },
  {
    code: "proof-of-identity",
    text: {
      "pt-BR": "Acesso completo e eliminação exigem o nível mais alto de prova de identidade.",
      en: "Full access and erasure ask for the highest proof of identity.",
    },
    page: "docs/api.md",
  },
];

export const OPEN_POINTS: OpenPoint[] = [
  {
    code: "contact-details",
    articles: ["GDPR 30(1)(a)", "LGPD 37"],
    text: {
      "pt-BR": "Endereço do controlador, de controladores conjuntos e de representante, se houver.",
      en: "Address of the controller, of any joint controller and representative.",
    },
  },
  {
    code: "data-subjects",
    articles: ["GDPR 30(1)(c)"],
    text: {
      "pt-BR": "Quem são os titulares: clientes, proponentes, fiadores, outros.",
      en: "Who the data subjects are: customers, applicants, guarantors, others.",
    },
  },
  {
    code: "recipients",
    articles: ["GDPR 30(1)(d)", "LGPD 9 V"],
    text: {
      "pt-BR": "Destinatários fora deste serviço e a finalidade de cada compartilhamento.",
      en: "Recipients outside this service, and what each is told for.",
    },
  },
  {
    code: "transfers",
    articles: ["GDPR 30(1)(e)", "LGPD 33"],
    text: {
      "pt-BR":
        "Transferências internacionais: este serviço não faz nenhuma por si; hospedagem e cópias podem fazer.",
      en: "Transfers to other countries: this service makes none by itself; hosting and backups may.",
    },
  },
  {
    code: "organisational-measures",
    articles: ["GDPR 30(1)(g)", "LGPD 46"],
    text: {
      "pt-BR": "Medidas da organização: quem tem acesso, treinamento, cópias de segurança e sua duração.",
      en: "Measures of the organisation: who has access, training, backups and how long they are kept.",
    },
  },
];
