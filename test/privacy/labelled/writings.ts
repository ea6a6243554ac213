import type { IdentifierType } from "../../../src/privacy/identifiers/span.ts";
import { card, cep, cnh, cnpj, cpf, type Draw, digitsOf, iban, pis, rg } from "./numbers.ts";

/** `shape` with its # replaced in turn by the characters. */
const cut = (characters: string, shape: string) => {
  let i = 0;
  return shape.replaceAll("#", () => characters[i++]!);
};
const any = (draw: Draw, characters: string, shapes: readonly string[]) =>
  cut(characters, draw.helpers.arrayElement(shapes));

const CPF = [
  "###.###.###-##",
  "###.###.###-##",
  "###########",
  "### ### ### ##",
  "###.###.###/##",
  "###-###-###-##",
  "###.###.###–##",
  "###.###.### ‑ ##",
  "###\u00a0###\u00a0###\u00a0##",
  "#########-##",
  "###.###.### - ##",
  "### ### ###-##",
  "###_###_###_##",
];
const CNPJ = [
  "##.###.###/####-##",
  "##.###.###/####-##",
  "##############",
  "## ### ### #### ##",
  "##.###.###/####–##",
  "##.###.###-####-##",
  "## ###.###/####-##",
  "########/####-##",
];
const GROUPED_IBAN = (text: string) => text.replaceAll(/(.{4})(?=.)/g, "$1 ");

function phone(draw: Draw, marked: boolean): string {
  const area = draw.helpers.arrayElement([
    "11",
    "21",
    "31",
    "41",
    "51",
    "61",
    "71",
    "81",
    "85",
    "92",
    "48",
    "19",
  ]);
  const mobile = `9${draw.number.int({ min: 5, max: 9 })}${digitsOf(draw, 7)}`;
  const fixed = `${draw.number.int({ min: 2, max: 5 })}${digitsOf(draw, 7)}`;
  const brazil = () =>
    draw.helpers.arrayElement([
      `(${area}) ${cut(mobile, "#####-####")}`,
      `(${area})${cut(mobile, "#####-####")}`,
      `(${area}) ${cut(fixed, "####-####")}`,
      `${area} ${cut(mobile, "#####-####")}`,
      `+55 ${area} ${cut(mobile, "#####-####")}`,
      `+55${area}${mobile}`,
      `+55 (${area}) ${cut(fixed, "####-####")}`,
      `${area} ${cut(mobile, "# ####-####")}`,
      `${area}\u00a0${cut(mobile, "#####–####")}`,
      ...(marked
        ? []
        : [
            `${area}${mobile}`,
            cut(mobile, "#####-####"),
            `${area} ${mobile}`,
            `0${area} ${cut(fixed, "####-####")}`,
            fixed,
          ]),
    ]);
  const abroad = () =>
    draw.helpers.arrayElement([
      `(${draw.string.numeric({ length: 3, allowLeadingZeros: false }).replace(/^1/, "2")}) ${cut(`5${digitsOf(draw, 6)}`, "###-####")}`,
      cut(`415${draw.number.int({ min: 2, max: 9 })}${digitsOf(draw, 6)}`, "###-###-####"),
      cut(`212${draw.number.int({ min: 2, max: 9 })}${digitsOf(draw, 6)}`, "+1 ### ### ####"),
      `+44 20 7946 0${digitsOf(draw, 3)}`,
      `+351 91${draw.helpers.arrayElement(["2", "6", "7"])} ${digitsOf(draw, 3)} ${digitsOf(draw, 3)}`,
      `+49 30 ${draw.number.int({ min: 2, max: 9 })}${digitsOf(draw, 6)}`,
      ...(marked
        ? []
        : [
            `07700 900${digitsOf(draw, 3)}`,
            `415 ${draw.number.int({ min: 2, max: 9 })}${digitsOf(draw, 2)} ${digitsOf(draw, 4)}`,
          ]),
    ]);
  return draw.datatype.boolean(0.7) ? brazil() : abroad();
}

function email(draw: Draw): string {
  const user = draw.helpers.arrayElement([
    draw.internet.username(),
    draw.internet.username().toUpperCase(),
    `${draw.word.noun()}+${draw.word.noun()}`,
    `o'${draw.word.noun()}`,
    `_${draw.word.noun()}_${digitsOf(draw, 2)}`,
    `${draw.word.noun()}.${digitsOf(draw, 4)}`,
  ]);
  const host = draw.helpers.arrayElement([
    draw.internet.domainName(),
    "exemplo.com.br",
    "EXEMPLO.ORG",
    "correio.são-joão.br",
    "mail.example.co.uk",
  ]);
  return `${user}@${host}`;
}

const ip = (draw: Draw) =>
  draw.helpers.arrayElement([
    draw.internet.ipv4(),
    draw.internet.ipv4(),
    draw.internet.ipv6(),
    `2001:db8::${draw.string.hexadecimal({ length: 3, prefix: "", casing: "lower" })}`,
    `::ffff:192.168.${draw.number.int({ max: 255 })}.${draw.number.int({ max: 255 })}`,
  ]);

/** A value as somebody writes it. With `marked` its marks alone say what it is; without, a word stands beside it. */
export function write(draw: Draw, type: IdentifierType, marked: boolean, name: () => string): string {
  switch (type) {
    case "cpf":
      return any(draw, cpf(draw), CPF);
    case "cnpj": {
      const written = any(draw, cnpj(draw, draw.datatype.boolean()), CNPJ);
      return draw.datatype.boolean(0.2) ? written.toLowerCase() : written;
    }
    case "rg":
      return any(
        draw,
        rg(draw),
        marked ? ["##.###.###-#"] : ["##.###.###-#", "#########", "##.###.### - #", "## ### ###-#"],
      );
    case "pis":
      return any(
        draw,
        pis(draw),
        marked ? ["###.#####.##-#", "###.#####.##–#"] : ["###.#####.##-#", "###########", "### ##### ## #"],
      );
    case "cnh":
      return any(draw, cnh(draw), ["###########", "###########", "### ### ### ##"]);
    case "cep":
      return any(
        draw,
        cep(draw),
        marked ? ["#####-###", "##.###-###"] : ["#####-###", "########", "##.###-###", "#####–###"],
      );
    case "iban": {
      const electronic = iban(draw);
      return draw.helpers.arrayElement([
        electronic,
        GROUPED_IBAN(electronic),
        electronic.toLowerCase(),
        GROUPED_IBAN(electronic).replaceAll(" ", "\u00a0"),
        GROUPED_IBAN(electronic).replaceAll(" ", "-"),
      ]);
    }
    case "card": {
      const digits = card(draw);
      if (digits.length !== 16)
        return draw.datatype.boolean()
          ? digits
          : cut(digits, digits.length === 15 ? "#### ###### #####" : "#### ###### ####");
      return any(draw, digits, [
        "################",
        "#### #### #### ####",
        "####-####-####-####",
        "####.####.####.####",
        "####\u00a0####\u00a0####\u00a0####",
      ]);
    }
    case "phone":
      return phone(draw, marked);
    case "email":
      return email(draw);
    case "ip":
      return ip(draw);
    case "name":
      return name();
  }
}
