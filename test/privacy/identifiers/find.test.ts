import { describe, expect, it } from "vitest";
import { findIdentifiers } from "../../../src/privacy/identifiers/find.ts";

/** "type=value" for each span, so that a case reads as one line. */
const found = (text: string) =>
  findIdentifiers(text).map(({ start, end, type }) => `${type}=${text.slice(start, end)}`);

describe("an identifier is found as people write it", () => {
  it.each([
    ["glued to words", "meucpf52998224725ok", ["cpf=52998224725"]],
    ["glued to the word in capitals", "CPF529.982.247-25", ["cpf=529.982.247-25"]],
    ["in a file name", "cpf_52998224725.pdf", ["cpf=52998224725"]],
    ["before a year in a file name", "529.982.247-25-2024.pdf", ["cpf=529.982.247-25"]],
    ["in a row of a table", "1,52998224725,Ana", ["cpf=52998224725"]],
    ["digit by digit, with the word", "CPF: 5 2 9 9 8 2 2 4 7 2 5", ["cpf=5 2 9 9 8 2 2 4 7 2 5"]],
    ["with full-width digits", "５２９．９８２．２４７－２５", ["cpf=５２９．９８２．２４７－２５"]],
    ["with a zero-width space inside", "52\u200b9.982.247-25", ["cpf=52\u200b9.982.247-25"]],
    ["with en dash and no-break spaces", "529\u00a0982\u00a0247–25", ["cpf=529\u00a0982\u00a0247–25"]],
    ["in an address", "https://x.example/u/52998224725?cep=01310-100", ["cpf=52998224725", "cep=01310-100"]],
    ["percent-encoded", "q=ana%40b.com.br", ["email=ana%40b.com.br"]],
    ["escaped in JSON", String.raw`{"a":"ana\u0040b.com"}`, [String.raw`email=ana\u0040b.com`]],
    ["after an escaped line's end", String.raw`"doc\n52998224725"`, ["cpf=52998224725"]],
    ["an alphanumeric CNPJ in small letters after its word", "cnpj12abc34501de35", ["cnpj=12abc34501de35"]],
    ["without the word before it", "empresa 12ABC34501DE35", ["cnpj=12ABC34501DE35"]],
    ["an IBAN glued to its word", "IBANDE89370400440532013000", ["iban=DE89370400440532013000"]],
    ["an IBAN in small letters", "de89 3704 0044 0532 0130 00 ok", ["iban=de89 3704 0044 0532 0130 00"]],
    ["a card before its code", "5555 5555 5555 4444 123", ["card=5555 5555 5555 4444"]],
    ["an RG with its state", "RG MG-12.345.678", ["rg=MG-12.345.678"]],
    ["an RG that ends in X", "rg: 12.345.678-x", ["rg=12.345.678-x"]],
    ["an RG before a count", "RG 47 694 739-8 3 vezes", ["rg=47 694 739-8"]],
    ["an RG glued to its word", "meu R.G.91.178.895-4", ["rg=91.178.895-4"]],
    ["a foreign telephone before a date", "call +49 30 2676102 25/11/2026", ["phone=+49 30 2676102"]],
    ["an address in a file's name", "ana@exemplo.com.br.pdf", ["email=ana@exemplo.com.br"]],
    ["an address after its word", "ip:2001:db8::ba1", ["ip=2001:db8::ba1"]],
    ["a CPF of an order's buyer", "pedido do CPF 52998224725", ["cpf=52998224725"]],
    ["a telephone before a count", "+55 11 98765-4321 2 vezes", ["phone=+55 11 98765-4321"]],
    ["a telephone with its extension", "1-415-555-2671 x123", ["phone=1-415-555-2671 x123"]],
    ["an e-mail address spelt out", "ana (arroba) b (ponto) com", ["email=ana (arroba) b (ponto) com"]],
    ["an address with a mapped address in it", "de ::ffff:192.168.0.1", ["ip=::ffff:192.168.0.1"]],
    ["an address in brackets", "[2001:db8::1]:443", ["ip=2001:db8::1"]],
    ["a name in small letters", "maria da silva ligou", ["name=maria da silva"]],
    ["a telephone in a chat's address", "https://wa.me/5511987654321", ["phone=5511987654321"]],
    ["addresses with a comma between", "10.1.2.3,10.1.2.4", ["ip=10.1.2.3", "ip=10.1.2.4"]],
    ["a first name beside a word for people", "fale com a Beatriz", ["name=Beatriz"]],
    ["a first name that introduces itself", "olá, me chamo joão", ["name=joão"]],
    ["a name after a title", "Dear Mr. Smith,", ["name=Smith"]],
  ])("%s", (_, text, spans) => {
    expect(found(text)).toEqual(spans);
  });

  it("after its word, though nothing else says what the number is", () => {
    expect(found("CNH 24264157328 venceu")).toEqual(["cnh=24264157328"]);
    expect(found("24264157328 venceu")).toEqual([]);
    expect(found("zap 11987654321")).toEqual(["phone=11987654321"]);
    expect(found("11987654321")).toEqual([]);
    expect(found("CEP 01310100")).toEqual(["cep=01310100"]);
    expect(found("01310100")).toEqual([]);
  });

  it("a PIS needs its word or its marks, a CPF only its check digits", () => {
    expect(found("14046265059")).toEqual([]);
    expect(found("PIS 14046265058")).toEqual(["pis=14046265058"]);
    expect(found("o número 14046265058 é o meu PIS")).toEqual(["pis=14046265058"]);
    expect(found("140.46265.05-8")).toEqual(["pis=140.46265.05-8"]);
    expect(found("14046265058")).toEqual([]);
    expect(found("nº 52998224725")).toEqual(["cpf=52998224725"]);
    expect(found("nº 52998224726")).toEqual([]);
  });

  it("numbers that are joined share the word before the first", () => {
    expect(found("PIS: 14046265058 e 14046265058")).toHaveLength(2);
  });
});

describe("no identifier is seen", () => {
  it.each([
    ["in a decimal that holds a valid CPF", "score=0.52998224725; x 0,52998224725"],
    ["in a process number", "autos 0001234-56.2023.8.26.0100"],
    ["in a boleto's line", "23793.38128 60000.000003 00000.000400 1 84340000010000"],
    ["in a utility bill's line", "84670000001-7 43590024020-9 02405000243-5 84221010811-9"],
    ["in an invoice's access key", "35261111222333000181550010000000011000000014"],
    ["in an epoch time that passes Luhn", "1700000000000 1710000000000000"],
    ["in a digest or a UUID", "d41d8cd98f00b204e9800998ecf8427e 52998224-7250-4111-8111-529982247250"],
    ["in an order's number, though its check digits hold", "pedido 52998224725"],
    ["in a part's number", "peça 12345-678, SKU 415-555-2671"],
    ["in money and thousands", "R$ 12.345.678,90 ou 1.234.567"],
    ["in versions and chapters", "versão 1.2.3.4, firmware 10.0.0.1, seção 1.2.3.4"],
    ["in names of code and hardware", "std::vector a::b aa:bb:cc:dd:ee:ff 12:34:56 user@localhost pkg@1.2.3"],
    ["in a code that letters and digits share", "4f52998224725a1b"],
    ["in a date and time", "2026-11-24T12:28:58.123Z 20261124123456"],
    ["in positions on a map", "-23.5505199, -46.6333094"],
    ["in the names of browsers and pictures", "Chrome/120.0.0.0 logo@2x.png file.zip 12345678"],
    [
      "in streets, states and companies",
      "Rua João Dias, 120; Santa Catarina; Banco Santander; The New York Times",
    ],
    ["in nothing", ""],
  ])("%s", (_, text) => {
    expect(found(text)).toEqual([]);
  });
});

it("a number after a thing's word is the thing's, however right its check digits are", () => {
  const things = [
    "protocolo de atendimento",
    "número do pedido:",
    "order no.",
    "nota_fiscal_",
    "tracking number is",
    "lote",
  ];
  const numbers = [
    "52998224725",
    "11222333000181",
    "4111111111111111",
    "12ABC34501DE35",
    "01310-100",
    "415-555-2671",
  ];
  for (const thing of things)
    for (const number of numbers) expect(found(`${thing} ${number}`), thing).toEqual([]);
});

it("offsets are UTF-16 units of the text that came in, in order and apart", () => {
  const text = "😀 cpf 529%2E982%2E247-25 e caf\u00e9 ana@b.com";
  const spans = findIdentifiers(text);
  expect(spans.map(({ start, end }) => text.slice(start, end))).toEqual(["529%2E982%2E247-25", "ana@b.com"]);
  expect(spans[0]).toEqual({ start: 7, end: 25, type: "cpf" });
  for (const odd of ["\ud83d", "\udc00 52998224725", "%", "%E9", "\\u12", "%%%", "@@@", "@", "+"])
    expect(() => findIdentifiers(odd)).not.toThrow();
});

it("wrong check digits are taken only where the caller asks for it and the word stands there", () => {
  expect(findIdentifiers("CPF 529.982.247-26")).toEqual([]);
  expect(findIdentifiers("CPF 529.982.247-26", { mistyped: true })).toEqual([
    { start: 4, end: 18, type: "cpf" },
  ]);
  expect(findIdentifiers("pedido 52998224726", { mistyped: true })).toEqual([]);
});

it("no text of one unit over and over keeps the search: patterns do not go back over what they have read", () => {
  const units = [
    "a",
    "1",
    "1.",
    "@",
    "a@",
    "Ana ",
    "1 2-",
    "+1",
    ":",
    "de89",
    "%41",
    "%C3",
    "1 ",
    "A. ",
    "\\u0041",
  ];
  for (const unit of units) expect(Array.isArray(findIdentifiers(unit.repeat(20_000)))).toBe(true);
});
