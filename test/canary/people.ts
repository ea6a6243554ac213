import { base, Faker, pt_BR } from "@faker-js/faker";
import { card, cep, cnh, cnpj, cpf, digitsOf, iban, pis, rg } from "../privacy/labelled/numbers.ts";

/** An invented person of whom every value is their own, documents with right check digits. */
export interface CanaryPerson {
  subject: { id: string; name: string; email: string; phone: string; document: string };
  /** What nobody told the service to be an identifier: it only turns up in what people write. */
  written: Record<string, string>;
  /** Numbers of twelve digits, so that one is not taken for another. */
  numbers: number[];
  /** What programs put into headers and addresses, which no person sees. */
  sent: { order: string; trace: string; device: string; session: string };
}

// No name of faker's has these syllables, and surrogates come from faker.
const SYLLABLES = ["zor", "vân", "qui", "lhõ", "brux", "tavi", "deço", "mué", "kwo", "xandí", "rhu", "plej"];

const grouped = (digits: string, form: string) => {
  let at = 0;
  return form.replaceAll("#", () => digits[at++] ?? "");
};

/** The same people for the same seed. */
export function canaryPeople(count: number, seed: number): CanaryPerson[] {
  const draw = new Faker({ locale: [pt_BR, base] });
  draw.seed(seed);
  const taken = new Set<string>();
  const once = (make: () => string): string => {
    for (let i = 0; i < 1_000; i++) {
      const value = make();
      if (taken.has(value)) continue;
      taken.add(value);
      return value;
    }
    throw new Error("No value is left that nobody has");
  };
  const part = () =>
    once(() => {
      const word = Array.from({ length: 4 }, () => draw.helpers.arrayElement(SYLLABLES)).join("");
      return word[0]!.toUpperCase() + word.slice(1);
    });
  const letters = (length: number) => once(() => draw.string.alpha({ length, casing: "lower" }));
  const byte = () => draw.number.int({ min: 100, max: 254 });
  return Array.from({ length: count }, () => ({
    subject: {
      id: `cliente-${letters(14)}`,
      name: `${part()} ${part()}`,
      email: `${letters(7)}.${letters(8)}@${letters(9)}.com.br`,
      phone: once(() => `+55 11 9${digitsOf(draw, 4)}-${digitsOf(draw, 4)}`),
      document: once(() => grouped(cpf(draw), "###.###.###-##")),
    },
    written: {
      cpf: once(() => grouped(cpf(draw), "###.###.###-##")),
      cnpj: once(() => grouped(cnpj(draw, false), "##.###.###/####-##")),
      rg: once(() => grouped(rg(draw), "##.###.###-#")),
      pis: once(() => grouped(pis(draw), "###.#####.##-#")),
      cnh: once(() => cnh(draw)),
      cep: once(() => grouped(cep(draw), "#####-###")),
      iban: once(() => iban(draw)),
      card: once(() => card(draw)),
      phone: once(() => `(21) 9${digitsOf(draw, 4)}-${digitsOf(draw, 4)}`),
      email: `${letters(12)}@${letters(8)}.org`,
      ip: once(() => `${byte()}.${byte()}.${byte()}.${byte()}`),
    },
    numbers: Array.from({ length: 4 }, () =>
      Number(once(() => draw.string.numeric({ length: 12, allowLeadingZeros: false }))),
    ),
    sent: {
      order: `pedido-${letters(16)}`,
      trace: once(() => draw.string.hexadecimal({ length: 32, prefix: "", casing: "lower" })),
      device: `Navegador/${letters(18)}`,
      session: letters(24),
    },
  }));
}

/** Every value by what it is, for the search. Parts of a name count by themselves: a surname gives a person away. */
export function valuesOf({ subject, written, numbers, sent }: CanaryPerson): [string, string][] {
  const [first, last] = subject.name.split(" ");
  return [
    ...Object.entries(subject),
    ["first name", first!],
    ["last name", last!],
    ...Object.entries(written).map(([what, value]): [string, string] => [`written ${what}`, value]),
    ...numbers.map((value): [string, string] => ["number", String(value)]),
    ...Object.entries(sent),
  ];
}
