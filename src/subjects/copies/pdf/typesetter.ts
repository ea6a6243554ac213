type FontName = "text" | "strong";

/** What pdfkit has of a document and its types do not name: the font that is set, and fontkit's own behind it. */
interface DocumentInside {
  _font: {
    id: string;
    ascender: number;
    ref(): unknown;
    /** Glyphs as four hex digits each, and where they go, in thousandths of the font's size. */
    encode(text: string): [glyphs: string[], positions: Position[]];
    font: { hasGlyphForCodePoint(codePoint: number): boolean };
  };
  page: { height: number; fonts: Record<string, unknown> };
  addContent(operators: string): unknown;
}
interface Position {
  xAdvance: number;
  advanceWidth: number;
  xOffset: number;
  yOffset: number;
}

/** A word as a document draws it. */
interface SetWord {
  /** In units of the font's size. */
  width: number;
  /** Operands of TJ (ISO 32000-1, 9.4.3); null where a glyph stands beside its place, which TJ cannot say. */
  shown: string | null;
}

/** Words that are kept, so that a person's do not fill the memory. */
const WORDS_KEPT = 20_000;
const BREAK = /(?<=[\s\-/])/u;
/** No two of these numbers, digests and ids are alike: they are set sign by sign, each sign once a document. */
const OF_SIGNS = /\d/;
/** What every font has. */
const PLAIN = /^[\n\x20-\x7e]*$/;

/** As short as PDF takes a number. */
const figure = (value: number): string => String(Math.round(value * 1000) / 1000);

/** Breaks text into lines and draws them, for a document whose fonts have the names `text` and `strong`. */
export class Typesetter {
  readonly #doc: PDFKit.PDFDocument;
  readonly #words = { text: new Map<string, SetWord>(), strong: new Map<string, SetWord>() };
  readonly #drawable = new Map<number, boolean>();

  constructor(doc: PDFKit.PDFDocument) {
    this.#doc = doc;
  }

  /** Lines of at most `width` points. A line break in the text stays one; a word that is too long is cut. */
  wrap(text: string, font: FontName, size: number, width: number): string[] {
    const lines: string[] = [];
    for (const given of this.#shown(text, font).split("\n")) {
      let line = "";
      let taken = 0;
      for (const word of given.split(BREAK).flatMap((each) => this.#cut(each, font, size, width))) {
        const wide = this.#widthOf(word, font) * size;
        if (line !== "" && taken + this.#widthOf(word.trimEnd(), font) * size > width) {
          lines.push(line.trimEnd());
          line = "";
          taken = 0;
        }
        line += word;
        taken += wide;
      }
      lines.push(line.trimEnd());
    }
    return lines;
  }

  /**
   * Draws one line with its upper left corner there. pdfkit would lay out each line anew and write it in eight pieces, which
   * is most of what a long document takes; here a word is laid out once.
   */
  line(text: string, font: FontName, size: number, x: number, y: number): void {
    if (text === "") return;
    const words = text.split(BREAK).map((word) => this.#set(word, font).shown);
    this.#doc.font(font, size);
    if (words.includes(null)) {
      this.#doc.text(text, x, y, { lineBreak: false });
      return;
    }
    const inside = this.#inside;
    const { _font: face, page } = inside;
    page.fonts[face.id] ??= face.ref();
    const baseline = page.height - y - (face.ascender / 1000) * size;
    // What nothing moves apart is one string. The page's own axis points down; text is set the right way up.
    const shown = words.join("").replaceAll("><", "");
    inside.addContent(
      `q 1 0 0 -1 0 ${figure(page.height)} cm BT 1 0 0 1 ${figure(x)} ${figure(baseline)} Tm /${face.id} ${figure(size)} Tf [${shown}] TJ ET Q`,
    );
  }

  get #inside(): DocumentInside {
    return this.#doc as unknown as DocumentInside;
  }

  /** In units of the font's size. */
  #widthOf(word: string, font: FontName): number {
    return this.#set(word, font).width;
  }

  #set(word: string, font: FontName): SetWord {
    const known = this.#words[font].get(word);
    if (known) return known;
    if (word.length > 1 && OF_SIGNS.test(word)) {
      let width = 0;
      let shown: string | null = "";
      for (const sign of word) {
        const set = this.#set(sign, font);
        width += set.width;
        shown = shown === null || set.shown === null ? null : shown + set.shown;
      }
      return { width, shown };
    }
    if (this.#words[font].size >= WORDS_KEPT) this.#words[font].clear();
    this.#doc.font(font, 1);
    const set = setWord(this.#inside._font.encode(word));
    this.#words[font].set(word, set);
    return set;
  }

  #cut(word: string, font: FontName, size: number, width: number): string[] {
    if (this.#widthOf(word, font) * size <= width) return [word];
    const parts: string[] = [];
    let part = "";
    for (const character of word) {
      if (part !== "" && this.#widthOf(part + character, font) * size > width) {
        parts.push(part);
        part = "";
      }
      part += character;
    }
    return [...parts, part];
  }

  /**
   * What the font has no glyph for is written as its number, `[U+4E2D]`: an empty box would say nothing to the eye, and
   * PDF/UA-1 (7.21.8) refuses it. The JSON beside the document has the character itself.
   */
  #shown(text: string, font: FontName): string {
    if (PLAIN.test(text)) return text;
    let shown = "";
    for (const character of text.replaceAll(/\r\n?/g, "\n").replaceAll("\t", " ")) {
      const codePoint = character.codePointAt(0)!;
      shown +=
        character === "\n" || this.#has(codePoint, font)
          ? character
          : `[U+${codePoint.toString(16).toUpperCase().padStart(4, "0")}]`;
    }
    return shown;
  }

  #has(codePoint: number, font: FontName): boolean {
    const known = this.#drawable.get(codePoint);
    if (known !== undefined) return known;
    this.#doc.font(font, 1);
    const has = this.#inside._font.font.hasGlyphForCodePoint(codePoint);
    this.#drawable.set(codePoint, has);
    return has;
  }
}

function setWord([glyphs, positions]: [string[], Position[]]): SetWord {
  let width = 0;
  let shown: string | null = "";
  let run = "";
  for (const [i, glyph] of glyphs.entries()) {
    const { xAdvance, advanceWidth, xOffset, yOffset } = positions[i]!;
    width += xAdvance / 1000;
    run += glyph;
    if (xOffset !== 0 || yOffset !== 0) shown = null;
    const kerned = advanceWidth - xAdvance;
    if (shown === null || kerned === 0) continue;
    shown += `<${run}>${figure(kerned)}`;
    run = "";
  }
  if (shown !== null && run !== "") shown += `<${run}>`;
  return { width, shown };
}
