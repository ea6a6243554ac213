import type { Faker } from "@faker-js/faker";

/** Documents with right check digits, computed here by themselves: the code under test asks libraries. */
export type Draw = Faker;

const weightedRest = (digits: string, weight: (i: number) => number, modulus: number) =>
  [...digits].reduce((sum, digit, i) => sum + (digit.charCodeAt(0) - 48) * weight(i), 0) % modulus;
const elevenCheck = (rest: number) => (rest < 2 ? 0 : 11 - rest);

export const digitsOf = (draw: Draw, length: number) =>
  draw.string.numeric({ length, allowLeadingZeros: true });

export function cpf(draw: Draw): string {
  const body = digitsOf(draw, 9);
  const first = elevenCheck(weightedRest(body, (i) => 10 - i, 11));
  return `${body}${first}${elevenCheck(weightedRest(body + first, (i) => 11 - i, 11))}`;
}

const CNPJ_WEIGHTS = [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2];

export function cnpj(draw: Draw, alphanumeric: boolean): string {
  const body = alphanumeric
    ? `${draw.string.alphanumeric({ length: 8, casing: "upper" })}${draw.helpers.arrayElement(["0001", "01DE", "A002"])}`
    : `${digitsOf(draw, 8)}000${draw.number.int({ min: 1, max: 9 })}`;
  const first = elevenCheck(weightedRest(body, (i) => CNPJ_WEIGHTS[i + 1]!, 11));
  return `${body}${first}${elevenCheck(weightedRest(body + first, (i) => CNPJ_WEIGHTS[i]!, 11))}`;
}

export function pis(draw: Draw): string {
  const body = `1${digitsOf(draw, 9)}`;
  const weights = [3, 2, 9, 8, 7, 6, 5, 4, 3, 2];
  return `${body}${elevenCheck(weightedRest(body, (i) => weights[i]!, 11))}`;
}

/** As the Renach's rules are mostly read: a first rest of 10 lowers the second digit by two. */
export function cnh(draw: Draw): string {
  const body = digitsOf(draw, 9);
  const first = weightedRest(body, (i) => 9 - i, 11);
  const lowered = weightedRest(body, (i) => i + 1, 11) - (first === 10 ? 2 : 0);
  const second = lowered < 0 ? lowered + 11 : lowered;
  return `${body}${first === 10 ? 0 : first}${second >= 10 ? 0 : second}`;
}

export function luhn(body: string): string {
  const sum = [...body].reverse().reduce((total, digit, i) => {
    const doubled = Number(digit) * (i % 2 === 0 ? 2 : 1);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return `${body}${(10 - (sum % 10)) % 10}`;
}

/** Visa, Mastercard, American Express, Elo, Hipercard, Diners. */
export function card(draw: Draw): string {
  const [prefix, length] = draw.helpers.arrayElement([
    ["4", 16],
    ["53", 16],
    ["37", 15],
    ["636368", 16],
    ["606282", 16],
    ["36", 14],
  ] as const);
  return luhn(prefix + digitsOf(draw, length - 1 - prefix.length));
}

const BBAN: Record<string, (draw: Draw) => string> = {
  DE: (draw) => digitsOf(draw, 18),
  PT: (draw) => {
    const body = digitsOf(draw, 19);
    return `${body}${String(98n - ((BigInt(body) * 100n) % 97n)).padStart(2, "0")}`;
  },
  GB: (draw) => `${draw.string.alpha({ length: 4, casing: "upper" })}${digitsOf(draw, 14)}`,
  BR: (draw) => `${digitsOf(draw, 23)}${draw.string.alpha({ length: 1, casing: "upper" })}1`,
  NL: (draw) => `${draw.string.alpha({ length: 4, casing: "upper" })}${digitsOf(draw, 10)}`,
};

/** ISO 13616, check digits by ISO 7064 mod 97-10. */
export function iban(draw: Draw): string {
  const country = draw.helpers.arrayElement(Object.keys(BBAN));
  const bban = BBAN[country]!(draw);
  const numeric = [...`${bban}${country}00`].map((character) => Number.parseInt(character, 36)).join("");
  return `${country}${String(98n - (BigInt(numeric) % 97n)).padStart(2, "0")}${bban}`;
}

export const rg = (draw: Draw) => `${digitsOf(draw, 8)}${draw.helpers.arrayElement([..."0123456789X"])}`;
export const cep = (draw: Draw) => `${draw.number.int({ min: 1, max: 9 })}${digitsOf(draw, 7)}`;
