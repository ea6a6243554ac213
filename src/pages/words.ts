import type { Language } from "../decisions/decision.ts";
import { audit as auditEn } from "./words/en/audit.ts";
import { copies as copiesEn } from "./words/en/copies.ts";
import { customer as customerEn } from "./words/en/customer.ts";
import { mandates as mandatesEn } from "./words/en/mandates.ts";
import { open as openEn } from "./words/en/open.ts";
import { operator as operatorEn } from "./words/en/operator.ts";
import { oversight as oversightEn } from "./words/en/oversight.ts";
import { product as productEn } from "./words/en/product.ts";
import { requests as requestsEn } from "./words/en/requests.ts";
import { audit } from "./words/pt-BR/audit.ts";
import { copies } from "./words/pt-BR/copies.ts";
import { customer } from "./words/pt-BR/customer.ts";
import { mandates } from "./words/pt-BR/mandates.ts";
import { open } from "./words/pt-BR/open.ts";
import { operator } from "./words/pt-BR/operator.ts";
import { oversight } from "./words/pt-BR/oversight.ts";
import { product } from "./words/pt-BR/product.ts";
import { requests } from "./words/pt-BR/requests.ts";

const ptBR = {
  ...open,
  ...customer,
  ...copies,
  ...requests,
  ...mandates,
  ...audit,
  ...product,
  ...operator,
  ...oversight,
};
const en: typeof ptBR = {
  ...openEn,
  ...customerEn,
  ...copiesEn,
  ...requestsEn,
  ...mandatesEn,
  ...auditEn,
  ...productEn,
  ...operatorEn,
  ...oversightEn,
};

/** Every sentence of the pages. */
export type Words = typeof ptBR;

export const WORDS: Record<Language, Words> = { "pt-BR": ptBR, en };
