import { ibans, paymentCards } from "./accounts.ts";
import { emails, ipAddresses } from "./addresses.ts";
import { DOCUMENT_SEARCHES, type SearchOptions } from "./documents.ts";
import { claimLookAlikes } from "./look-alikes.ts";
import { names } from "./names.ts";
import { phones } from "./phones.ts";
import { Claims, type Span } from "./span.ts";
import { endInOriginal, type TextView, viewOf } from "./view.ts";

type Search = (text: string, claims: Claims, options: SearchOptions) => Iterable<Span>;

/** What is recognised by itself comes before what could be part of it. */
const BEFORE_LOOK_ALIKES: readonly Search[] = [emails, ibans];
const AFTER_LOOK_ALIKES: readonly Search[] = [
  ipAddresses,
  DOCUMENT_SEARCHES.cnpjs,
  paymentCards,
  DOCUMENT_SEARCHES.elevens,
  DOCUMENT_SEARCHES.identityCards,
  phones,
  DOCUMENT_SEARCHES.postalCodes,
  names,
];

/**
 * Personal identifiers in free text, Brazilian and international, in order and without overlaps. Check digits decide
 * where there are any; where there are none, the words beside a number or marks that only its kind has. Names are best
 * effort.
 * @param options `mistyped` takes also numbers that bear an identifier's word and shape with wrong check digits: for
 *   what is going to be stored, where somebody's CPF with one wrong digit must not stay
 */
export function findIdentifiers(text: string, options: SearchOptions = { mistyped: false }): Span[] {
  return findInView(viewOf(text), options);
}

export function findInView(view: TextView, options: SearchOptions): Span[] {
  const { text, origin } = view;
  const claims = new Claims(text.length);
  const found: Span[] = [];
  const searchAll = (searches: readonly Search[]) => {
    for (const search of searches) {
      // A search yields before it looks for its next span, so that its own claims hold for it, too.
      for (const span of search(text, claims, options)) {
        claims.take(span.start, span.end);
        found.push(span);
      }
    }
  };
  searchAll(BEFORE_LOOK_ALIKES);
  claimLookAlikes(text, claims);
  searchAll(AFTER_LOOK_ALIKES);
  return found
    .sort((a, b) => a.start - b.start)
    .map(({ start, end, type }) => ({ start: origin[start]!, end: endInOriginal(origin, end), type }));
}
