import { findInView } from "./identifiers/find.ts";
import { knownIn } from "./identifiers/known.ts";
import { viewOf } from "./identifiers/view.ts";

/** What stands where an identifier stood. */
export const MASK = "▮▮▮";

/** `text` with one mask over each run of hidden units. @param spans [start, end) pairs in UTF-16 units */
export function maskSpans(text: string, spans: Iterable<readonly [start: number, end: number]>): string {
  const hidden = new Uint8Array(text.length);
  for (const [start, end] of spans) hidden.fill(1, start, end);
  let masked = "";
  for (let i = 0; i < text.length; i++) {
    if (!hidden[i]) masked += text[i];
    else if (i === 0 || !hidden[i - 1]) masked += MASK;
  }
  return masked;
}

/**
 * Masks in `text` every one of the given identifiers and every word of a name among them (three letters or more),
 * however they are written, then whatever else is found to be a personal identifier, wrong check digits included where
 * the word stands beside them. Names that nobody told us of are best effort.
 */
export function maskText(text: string, identifiers: readonly string[]): string {
  const view = viewOf(text);
  const found = findInView(view, { mistyped: true }).map(({ start, end }) => [start, end] as const);
  return maskSpans(text, [...found, ...knownIn(view, identifiers)]);
}
