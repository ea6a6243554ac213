import type { Language } from "../decisions/decision.ts";
import { en } from "./words/en.ts";
import { ptBR } from "./words/pt-BR.ts";

export type Words = typeof ptBR;

export const WORDS: Record<Language, Words> = { "pt-BR": ptBR, en };
