import ipaddr from "ipaddr.js";
import type { Claims, Span } from "./span.ts";
import { fold } from "./view.ts";

const LOCAL = /[\p{L}\p{N}\p{M}.!#$%&'*+^_`{|}~-]/u;
const LOCAL_START = /[\p{L}\p{N}_]/u;
const DOMAIN =
  /(?:[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}-]{0,62})\.){1,8}(?:xn--[a-z0-9-]{2,59}|\p{L}[\p{L}\p{M}]{1,62})/uy;
const DOMAIN_LITERAL = /\[(?:\d{1,3}(?:\.\d{1,3}){3}|IPv6:[0-9a-fA-F:.]{2,45})\]/y;
const QUOTED_LOCAL = /"[^"\s@]{1,62}(?: [^"@]{1,30})?"$/;
/** "logo@2x.png" */
const PIXEL_RATIO = /^\dx\.(?:png|jpe?g|webp|gif|svg)$/i;
/** "ana@example.com.pdf": the address is the file's name. */
const FILE_ENDING = /(\.\p{L}{2,})\.(?:pdf|jpe?g|png|docx?|xlsx?|txt|csv|xml|json|eml|vcf)$/iu;
const LONGEST_LOCAL = 64;

/**
 * E-mail addresses, found from their "@" outwards: the local part may hold almost anything, and a scan from the left
 * would try every character of a long text as its beginning.
 */
export function* emails(text: string, claims: Claims): Generator<Span> {
  for (let at = text.indexOf("@"); at !== -1; at = text.indexOf("@", at + 1)) {
    const start = localStart(text, at);
    const pattern = text[at + 1] === "[" ? DOMAIN_LITERAL : DOMAIN;
    pattern.lastIndex = at + 1;
    const domain = pattern.exec(text)?.[0];
    if (start === null || domain === undefined || PIXEL_RATIO.test(domain)) continue;
    const end = at + 1 + domain.replace(FILE_ENDING, "$1").length;
    if (claims.isFree(start, end)) yield { start, end, type: "email" };
  }
  for (const { index: start, 0: match } of text.matchAll(SPELT_OUT)) {
    if (claims.isFree(start, start + match.length)) yield { start, end: start + match.length, type: "email" };
  }
}

/** "ana (at) example (dot) com", "ana [arroba] exemplo [ponto] com". */
const SPELT_OUT =
  /(?<![\p{L}\p{N}._-])[\p{L}\p{N}._+-]{1,64} ?[([{] ?(?:at|arroba|@) ?[)\]}] ?[\p{L}\p{N}-]{1,63}(?: ?(?:[([{] ?(?:dot|ponto|\.) ?[)\]}]|\.) ?[\p{L}\p{N}-]{2,63}){1,4}/giu;

function localStart(text: string, at: number): number | null {
  if (text[at - 1] === '"') {
    const quoted = QUOTED_LOCAL.exec(text.slice(Math.max(0, at - LONGEST_LOCAL), at));
    return quoted && at - quoted[0].length;
  }
  let start = at;
  while (start > 0 && at - start < LONGEST_LOCAL && LOCAL.test(text[start - 1]!)) start -= 1;
  // "&" ends the parameter before it; marks do not begin an address.
  const parameter = text.slice(start, at).lastIndexOf("&");
  if (parameter >= 0) start += parameter + 1;
  while (start < at && !LOCAL_START.test(text[start]!)) start += 1;
  return start < at ? start : null;
}

const IPV4 = /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d]|\.\d)/g;
const IPV6 =
  /(?:(?<![0-9a-zA-Z:.])|(?<=[g-zG-Z]:))[0-9a-fA-F:]{2,39}(?:(?<=:)\d{1,3}(?:\.\d{1,3}){3})?(?![0-9a-fA-F:]|\.\d)/g;
const NUMBERED =
  /(?:(?<![a-z])v|version|versao|ver|release|build|firmware|driver|sdk|api|kernel|software|app|biblioteca|library|lib|pacote|package|patch|section|secao|clause|clausula|capitulo|chapter|item|tabela|table|figura|figure|anexo|annex|topico|paragrafo|paragraph|atualiz\w+|updat\w+|upgrad\w+|instal\w+|oid|isa|sntp)(?:[\s:=#_\-."'(]|para|to|da|de|a(?![a-z])|from|is(?![a-z])|e(?![a-z])|number|numero|n[º°o])*$/;

/** IPv4 and IPv6 addresses, not version and section numbers. */
export function* ipAddresses(text: string, claims: Claims): Generator<Span> {
  for (const { index: start, 0: match } of text.matchAll(IPV6)) {
    const trimmed = match.replace(/(?<!:):$/, "");
    const end = start + trimmed.length;
    if (isIpv6(trimmed) && claims.isFree(start, end)) {
      claims.take(start, end);
      yield { start, end, type: "ip" };
    }
  }
  for (const { index: start, 0: match } of text.matchAll(IPV4)) {
    const end = start + match.length;
    if (!claims.isFree(start, end) || !ipaddr.IPv4.isValidFourPartDecimal(match)) continue;
    const left = fold(text.slice(Math.max(0, start - 32), start));
    if (NUMBERED.test(left) && !/(?<![a-z])ip(?:v4)?[\s:=#_\-."'(]*$/.test(left)) continue;
    // "Chrome/120.0.0.0"
    if (/(?<![/\w])[A-Z][a-zA-Z]+\/$/.test(text.slice(Math.max(0, start - 24), start))) continue;
    if (/^-?(?:alpha|beta|rc\d*|snapshot)/i.test(text.slice(end, end + 10))) continue;
    yield { start, end, type: "ip" };
  }
}

function isIpv6(text: string): boolean {
  if (!text.includes("::") && text.split(":").length !== 8 && !text.includes(".")) return false;
  // Eight pairs are a hardware address, and "::" without a digit is an operator.
  if (!/\d/.test(text) || /^(?:[0-9a-fA-F]{2}:){7}[0-9a-fA-F]{2}$/.test(text)) return false;
  return ipaddr.IPv6.isValid(text);
}
