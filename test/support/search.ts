const PREFIX = 6;

/**
 * Which needles occur in a text, letters of either case alike: one pass over the text, whatever the number of needles.
 * @param needles each of at least six characters
 */
export function occurring(text: string, needles: ReadonlySet<string>): Set<string> {
  const byPrefix = new Map<string, string[]>();
  for (const needle of needles) {
    if (needle.length < PREFIX) throw new RangeError("too short to search for");
    const folded = needle.toLowerCase();
    const prefix = folded.slice(0, PREFIX);
    byPrefix.set(prefix, [...(byPrefix.get(prefix) ?? []), folded]);
  }
  const haystack = text.toLowerCase();
  const found = new Set<string>();
  for (let i = 0; i + PREFIX <= haystack.length; i++) {
    for (const needle of byPrefix.get(haystack.slice(i, i + PREFIX)) ?? []) {
      if (haystack.startsWith(needle, i)) found.add(needle);
    }
  }
  return found;
}
