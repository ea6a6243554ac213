import { isValidCnh as isValidByOneReading } from "@brazilian-utils/brazilian-utils/is-valid-cnh";
import { isValidPis as isPis } from "@brazilian-utils/brazilian-utils/is-valid-pis";
import cards from "card-validator";
import { cnpj, cpf } from "cpf-cnpj-validator";
import { countrySpecs, isValidIBAN } from "ibantools";

/** @param digits eleven digits */
export const isCpf = (digits: string): boolean => cpf.isValid(digits);

/** @param characters fourteen letters and digits, numeric or alphanumeric (IN RFB 2229/2024) */
export const isCnpj = (characters: string): boolean => cnpj.isValid(characters.toUpperCase());

/** @param digits eleven digits */
export const isPisNumber = (digits: string): boolean => /^\d{11}$/.test(digits) && isPis(digits);

/**
 * Whether the last two digits are right by any of the readings in use: implementations differ where the first
 * remainder is 10, and a number that is somebody's under one of them is not ours to let through.
 * @param digits eleven digits
 */
export function isCnh(digits: string): boolean {
  if (!/^\d{11}$/.test(digits) || /^(\d)\1+$/.test(digits)) return false;
  if (isValidByOneReading(digits)) return true;
  const weighted = (weight: (i: number) => number) =>
    [...digits.slice(0, 9)].reduce((sum, digit, i) => sum + Number(digit) * weight(i), 0) % 11;
  const [first, second] = [weighted((i) => 9 - i), weighted((i) => i + 1)];
  if (first < 10 || digits[9] !== "0") return false;
  const readings = [second % 10 === second ? second : 0, (second + 9) % 11];
  return readings.some((digit) => String(digit) === digits[10]);
}

/** Luhn, and a scheme's own prefixes and lengths. @param digits 12 to 19 digits */
export const isCard = (digits: string): boolean =>
  cards.number(digits, { luhnValidateUnionPay: true }).isValid;

/** How many characters an IBAN of this country has, or null. @param country two capital letters */
export const ibanLength = (country: string): number | null => countrySpecs[country]?.chars ?? null;

/** @param electronic capital letters and digits, without spaces */
export const isIban = (electronic: string): boolean => isValidIBAN(electronic);
