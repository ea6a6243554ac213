import { fold } from "./view.ts";

/** What a word beside a number says that the number is. */
export type Label = "cpf" | "cnpj" | "rg" | "pis" | "cnh" | "cep" | "card" | "phone" | "name" | "other";

const WORDS: Record<Exclude<Label, "other" | "name">, RegExp> = {
  cpf: /cpf|cadastro de pessoas? fisicas?|(?:brazilian )?(?:tax(?:payer)?|individual) (?:id|registr\w+)|\bcic\b/g,
  cnpj: /cnpj|cadastro nacional da pessoa juridica|company (?:tax )?(?:id|registr\w+)/g,
  rg: /(?<![a-z])r\.?g\.?(?![a-z])|registro geral|identidade|(?:identity|id) (?:card|document)|ssp|documento de identifica\w+/g,
  pis: /(?<![a-z])(?:pis|pasep|nis|nit)(?![a-z])|inscricao social|integracao social|social integration/g,
  cnh: /(?<![a-z])cnh(?![a-z])|habilitacao|(?:carteira|licenca) de motorista|driv(?:er|ing)'?s? ?'?licen[cs]e|driver license/g,
  cep: /(?<![a-z])cep(?![a-z])|codigo postal|(?<![a-z.])zip(?: ?code)?(?![a-z])|postal code|postcode/g,
  card: /cartao|cartoes|credit|debito|(?<![a-z])cards?(?![a-z])|visa|mastercard|master|amex|american express|hipercard|(?<![a-z])elo(?![a-z])|diners/g,
  phone:
    /tel(?:efone|s)?(?![a-z])|telefone|telephone|(?<![a-z])fone|phone|celular|(?<![a-z])cel(?![a-z])|mobile|(?<![a-z])cell|whats|wa\.me|(?<![a-z])(?:zap|wpp|fax|sms|ramal)|lig(?:a|o|ue|ar|uei|ou|amos|uem)(?![a-z])|(?<![a-z])(?:chame|chamar|contato|contatos|contact|reach|call|calling|called|ring|text|dial|disque|disca|discar|recado)(?![a-z])|(?:my|his|her|their) number|(?:meu|seu|nosso) numero/g,
};

/** A number that bears one of these is a thing's, not a person's. */
const OF_A_THING =
  "pedidos?|protocolos?|notas?(?: fisca(?:l|is))?|nf-?[es]?|ordem|orders?|part|peca|pecas|sku|codigo(?: de (?:barras|rastreio|produto|autenticacao))?|barcode|rastre\\w+|tracking|lotes?|batch|lot|series?|serial|imei|tickets?|chamados?|processos?|proc|matricula|contratos?|contract|faturas?|invoices?|boletos?|linha digitavel|ean|gtin|isbn|issn|ncm|ref(?:erencia|erence)?|case|timestamp|epoch|unix(?: time)?|transac\\w+|transaction|nsu|autorizacao|apolice|policy|itens?|items?|versao|version|build|commit|hash|renavam|chassi|vin|produtos?|product|modelo?|model|remessa|shipment|os|documento fiscal|medidor|meter|patrimonio|asset|sensor|device|dispositivo|counter|contador|leitura|reading|checksum|seed|semente|sessao|session|catalog(?:o|ue)?|titulo(?: de eleitor)?|empenho|edital|licitacao|warranty|garantia|guia|senha|ocorrencia|solicitac(?:ao|oes)|requisic(?:ao|oes)|requests?|asset tag|po|job|work order|inscricao estadual|ie|autenticacao|agendamento|reservas?|reservation|booking|flight|voo|parcelas?|s/n|nota tecnica|oficio|portaria|memorando|relatorio|report|equipamento|equipment|planilha|linha|row|score|pontuacao|valor|registro interno|receipt|recibo|comprovante|parcel|volume|estoque|stock|inventory|quantidade|quantity";
const BETWEEN =
  "(?:[\\s:#.=_,\"'()\\-/]|numeros?(?![a-z])|number|code|codigo|num(?![a-z])|nro|no(?![a-z])|n(?![a-z])|[º°ª]|id(?![a-z])|is(?![a-z])|e(?![a-z])|was(?![a-z])|foi(?![a-z])|tag(?![a-z])|de (?:serie|atendimento|servico|compra|entrega|venda|rastreio|rastreamento|producao|controle|referencia)(?![a-z])|serie|interno|do produto|da compra|original)*";
const THING_BEFORE = new RegExp(`(?<![a-z])(?:${OF_A_THING})${BETWEEN}$`);

const BEFORE = 48;
const AFTER = 30;

/** The last number of three digits or more in a text, with its marks. */
const LAST_NUMBER = /\d(?:[ .\-/]{0,3}\d){2,}(?=\D*$)/;
const JOINING = /^[\s,;]*(?:e|and|ou|or|para|to)?[\s,;]*$/;

/**
 * What stands before `start`, folded, no further than the number before it or the line's beginning; of numbers that
 * are only joined ("PIS 1… e 2…"), what stands before the first of two.
 */
function before(text: string, start: number): string {
  // File names and fields have "_" for a space.
  const window = fold(text.slice(Math.max(0, start - BEFORE), start)).replaceAll("_", " ");
  const line = window.slice(window.lastIndexOf("\n") + 1);
  const number = LAST_NUMBER.exec(line);
  if (number === null) return line;
  const between = line.slice(number.index + number[0].length);
  return JOINING.test(between) && /[,;a-z]/.test(between) ? line.slice(0, number.index) : between;
}

/**
 * The labels of the number at `start`…`end`, nearest first: words before it, or, when there are none, words after it
 * that do not lead to another number. `other` stands alone and first: the number bears a thing's word.
 */
export function labelsOf(text: string, start: number, end: number): Label[] {
  const left = before(text, start);
  const found: { label: Label; at: number }[] = [];
  for (const [label, pattern] of Object.entries(WORDS)) {
    let at = -1;
    for (const match of left.matchAll(pattern)) at = match.index + match[0].length;
    if (at >= 0) found.push({ label: label as Label, at });
  }
  const thing = THING_BEFORE.exec(left);
  if (thing && !found.some(({ at }) => at > thing.index)) return ["other"];
  if (found.length > 0) return found.sort((a, b) => b.at - a.at).map(({ label }) => label);

  const right = fold(text.slice(end, end + AFTER)).split("\n")[0]!;
  for (const [label, pattern] of Object.entries(WORDS)) {
    const match = right.search(pattern);
    if (match >= 0 && !/\d/.test(right)) found.push({ label: label as Label, at: match });
  }
  return found.sort((a, b) => a.at - b.at).map(({ label }) => label);
}
