import { type Draw, digitsOf, luhn } from "./numbers.ts";

const process = (draw: Draw) => {
  const [number, year, court, origin] = [
    digitsOf(draw, 7),
    `20${digitsOf(draw, 2)}`,
    `8.${digitsOf(draw, 2)}`,
    digitsOf(draw, 4),
  ];
  const check = 98n - (BigInt(`${number}${year}${court.replace(".", "")}${origin}00`) % 97n);
  return `${number}-${String(check).padStart(2, "0")}.${year}.${court}.${origin}`;
};

const boleto = (draw: Draw) =>
  `${digitsOf(draw, 5)}.${digitsOf(draw, 5)} ${digitsOf(draw, 5)}.${digitsOf(draw, 6)} ${digitsOf(draw, 5)}.${digitsOf(draw, 6)} ${digitsOf(draw, 1)} ${digitsOf(draw, 14)}`;

/** Numbers that look like a person's and are a thing's. Those of the second list come after words that say so. */
export const BY_THEMSELVES: readonly ((draw: Draw) => string)[] = [
  process,
  boleto,
  (draw) => digitsOf(draw, 47),
  (draw) => `0.${digitsOf(draw, 11)}`,
  (draw) => `0,${digitsOf(draw, 11)}`,
  (draw) => `-${draw.number.int({ max: 180 })}.${digitsOf(draw, 14)}`,
  (draw) =>
    `R$ ${draw.number.int({ min: 1, max: 99 })}.${digitsOf(draw, 3)}.${digitsOf(draw, 3)},${digitsOf(draw, 2)}`,
  (draw) => String(draw.date.recent().getTime()),
  (draw) => luhn(`17${digitsOf(draw, 10)}`),
  (draw) => draw.string.uuid(),
  (draw) => draw.string.hexadecimal({ length: 40, prefix: "", casing: "lower" }),
  (draw) => draw.date.recent().toISOString(),
  (draw) =>
    `${draw.number.int({ min: 1, max: 31 })}/0${draw.number.int({ min: 1, max: 9 })}/20${digitsOf(draw, 2)}`,
  (draw) =>
    `v${draw.number.int({ max: 9 })}.${draw.number.int({ max: 20 })}.${draw.number.int({ max: 20 })}.${draw.number.int({ max: 200 })}`,
];
export const AFTER_A_WORD: readonly ((draw: Draw) => string)[] = [
  (draw) => digitsOf(draw, 11),
  (draw) => digitsOf(draw, 9),
  (draw) => digitsOf(draw, 14),
  (draw) => `4${digitsOf(draw, 15)}`,
  (draw) => digitsOf(draw, 10),
  (draw) => `${digitsOf(draw, 5)}-${digitsOf(draw, 3)}`,
  (draw) => `${draw.string.alpha({ length: 2, casing: "upper" })}-${digitsOf(draw, 4)}-${digitsOf(draw, 4)}`,
  (draw) => `20${digitsOf(draw, 2)}/${digitsOf(draw, 6)}`,
  (draw) => digitsOf(draw, 44),
  (draw) => digitsOf(draw, 8),
];
