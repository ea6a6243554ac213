type FontName = "text" | "strong";

/** What pdfkit has of a font and its types do not name: fontkit's own. */
interface FontInside {
  _font: { font: { hasGlyphForCodePoint(codePoint: number): boolean } };
}

/** Widths that are kept, so that a person's words do not fill the memory. */
const WORDS_KEPT = 20_000;
const BREAK = /(?<=[\s\-/])/u;

/** Breaks text into lines and draws them, for a document whose fonts have the names `text` and `strong`. */
export class Typesetter {
  readonly #doc: PDFKit.PDFDocument;
  readonly #widths = { text: new Map<string, number>(), strong: new Map<string, number>() };
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

  /** Draws one line with its upper left corner there. */
  line(text: string, font: FontName, size: number, x: number, y: number): void {
    if (text === "") return;
    this.#doc.font(font, size).text(text, x, y, { lineBreak: false });
  }

  /** In units of the font's size. */
  #widthOf(word: string, font: FontName): number {
    const known = this.#widths[font].get(word);
    if (known !== undefined) return known;
    if (this.#widths[font].size >= WORDS_KEPT) this.#widths[font].clear();
    const width = this.#doc.font(font, 1).widthOfString(word);
    this.#widths[font].set(word, width);
    return width;
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
    const has = (this.#doc as unknown as FontInside)._font.font.hasGlyphForCodePoint(codePoint);
    this.#drawable.set(codePoint, has);
    return has;
  }
}
