import type { Language } from "../../decisions/decision.ts";
import type { CopyWords } from "./copy-words.ts";
import { en } from "./copy-words-en.ts";
import { ptBr } from "./copy-words-pt-br.ts";

export const COPY_WORDS: Record<Language, CopyWords> = { "pt-BR": ptBr, en };

/** Numbers and times as people of a language read them. */
export interface Figures {
  /** As exact as it was stored. */
  exact(value: number): string;
  /** With a sign and at most four significant digits. */
  signed(value: number): string;
  count(value: number): string;
  /** Of RFC 3339, with the zone said. */
  time(at: string): string;
  /** Of whole hours since 1970. */
  hour(hour: number): string;
}

export function figuresIn(language: Language, timeZone: string): Figures {
  const exact = new Intl.NumberFormat(language, { maximumFractionDigits: 17 });
  const signed = new Intl.NumberFormat(language, { maximumSignificantDigits: 4, signDisplay: "exceptZero" });
  const count = new Intl.NumberFormat(language);
  const time = new Intl.DateTimeFormat(language, {
    dateStyle: "long",
    timeStyle: "short",
    timeZone,
    hourCycle: "h23",
  });
  const minus = (text: string) => text.replace("-", "−");
  // Intl puts a narrow space before AM and PM, and a no-break one between groups; both are spaces to a reader.
  const plain = (text: string) => text.replaceAll(/[\u202f\u00a0]/g, " ");
  return {
    exact: (value) => minus(plain(exact.format(value))),
    signed: (value) => minus(plain(signed.format(value))),
    count: (value) => plain(count.format(value)),
    time: (at) => plain(time.format(new Date(at))),
    hour: (hour) => plain(time.format(new Date(hour * 3_600_000))),
  };
}
