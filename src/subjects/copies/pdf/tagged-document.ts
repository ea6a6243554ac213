import { createRequire } from "node:module";
import PDFDocument from "pdfkit";
import { Typesetter } from "./typesetter.ts";

/** One piece of a document, in reading order. */
export type Block =
  | { kind: "heading"; level: 1 | 2 | 3; text: string }
  | { kind: "paragraph"; text: string }
  | { kind: "list"; items: string[] }
  | { kind: "table"; head: string[]; rows: string[][] }
  /** Bars from a line in the middle, `share` of the half-width each, in [−1, 1]; `alt` says the same in words. */
  | { kind: "bars"; alt: string; bars: Bar[] };

export interface Bar {
  label: string;
  share: number;
}

export interface DocumentSettings {
  /** BCP 47 */
  language: string;
  title: string;
  author: string;
  /** Stands under each page, followed by its number. */
  footer: string;
  createdAt: Date;
}

/** What pdfkit has and its types do not name. */
interface StructOptions extends PDFKit.Mixins.StructureElementOptions {
  scope?: "Column" | "Row";
  /** left, top, right, bottom, from the page's upper left corner */
  bbox?: [number, number, number, number];
}
interface Inside {
  subset: number | undefined;
  _fontFamilies: Record<string, { finalize(): void }>;
  _root: { data: Record<string, unknown> };
}

const MARGIN = 56;
const INDENT = 14;
const BAR = { height: 5, step: 10, label: 7.5 };
const SIZES = { 1: 20, 2: 14, 3: 11 } as const;
const TEXT = 9.5;
const INK = "#12201E";
const FOR = "#0B6178";
const AGAINST = "#A84A06";

const fontFile = (weight: string) =>
  createRequire(import.meta.url).resolve(
    `@expo-google-fonts/atkinson-hyperlegible-next/${weight}/AtkinsonHyperlegibleNext_${weight}.ttf`,
  );

/**
 * A PDF that assistive technology can read: PDF/UA-1 (ISO 14289-1), with a structure tree, a language, a title, embedded
 * fonts, and every drawing either described or marked as decoration. What is written leaves as it is written; only the
 * skeleton of the structure stays in memory.
 */
export class TaggedDocument {
  readonly #doc: PDFKit.PDFDocument;
  readonly #set: Typesetter;
  readonly #settings: DocumentSettings;
  readonly #root: PDFKit.PDFStructureElement;
  readonly #ended: Promise<void>;
  #pages = 0;

  /** @param onBytes gets the file, in order */
  constructor(settings: DocumentSettings, onBytes: (bytes: Uint8Array) => void) {
    this.#settings = settings;
    const { language: lang, title, author, createdAt } = settings;
    const options = {
      size: "A4",
      // The foot of a page is drawn below its margin.
      margins: { top: MARGIN, bottom: 0, left: MARGIN, right: MARGIN },
      pdfVersion: "1.7",
      subset: "PDF/UA",
      tagged: true,
      lang,
      displayTitle: true,
      autoFirstPage: false,
      info: { Title: title, Author: author, Creator: "Motivo", Producer: "Motivo", CreationDate: createdAt },
    };
    this.#doc = new PDFDocument(options as unknown as PDFKit.PDFDocumentOptions);
    this.#doc.on("data", onBytes);
    this.#ended = new Promise((resolve, reject) => {
      this.#doc.once("end", resolve);
      this.#doc.once("error", reject);
    });
    this.#doc.registerFont("text", fontFile("400Regular"));
    this.#doc.registerFont("strong", fontFile("600SemiBold"));
    this.#set = new Typesetter(this.#doc);
    this.#doc.on("pageAdded", () => this.#dressPage());
    this.#doc.addPage();
    this.#root = this.#doc.struct("Document");
    this.#doc.addStructure(this.#root);
  }

  get pages(): number {
    return this.#pages;
  }

  add(block: Block): void {
    if (block.kind === "heading") this.#heading(block.level, block.text);
    else if (block.kind === "paragraph") this.#paragraph(block.text);
    else if (block.kind === "list") this.#list(block.items);
    else if (block.kind === "table") this.#table(block.head, block.rows);
    else this.#bars(block.alt, block.bars);
  }

  /** Resolves when the last byte was given out. */
  end(): Promise<void> {
    this.#root.end();
    const inside = this.#doc as unknown as Inside;
    // pdfkit writes into fonts a CIDSet that PDF/A-1 asks for and that PDF/UA-1 (7.21.4.2-2) finds incomplete: fonts are
    // finished while it believes that this is neither.
    const { subset } = inside;
    inside.subset = undefined;
    for (const font of Object.values(inside._fontFamilies)) font.finalize();
    inside.subset = subset;
    this.#doc.end();
    return this.#ended;
  }

  #struct(type: string, options: StructOptions): PDFKit.PDFStructureElement {
    return this.#doc.struct(type, options);
  }

  get #width(): number {
    return this.#doc.page.width - 2 * MARGIN;
  }

  get #bottom(): number {
    return this.#doc.page.height - MARGIN;
  }

  /** Footer and page number: decoration to whoever listens, who hears the document's title. */
  #dressPage(): void {
    this.#pages += 1;
    // ISO 32000-1, 12.5 and PDF/UA-1 7.18.3: tabulating follows the structure.
    (this.#doc.page.dictionary as { data: Record<string, unknown> }).data.Tabs = "S";
    const y = this.#doc.page.height - MARGIN / 2 - 8;
    this.#doc.markContent("Artifact", { type: "Pagination" });
    this.#set.line(`${this.#settings.footer} · ${this.#pages}`, "text", 8, MARGIN, y);
    this.#doc.endMarkedContent();
    this.#doc.y = MARGIN;
    this.#doc.fillColor(INK);
  }

  /** Begins a page where `height` does not fit on this one any more. */
  #room(height: number): void {
    if (this.#doc.y + height > this.#bottom) this.#doc.addPage();
  }

  /** One element with its lines, a piece of content on each page that it reaches. */
  #element(
    parent: PDFKit.PDFStructureElement,
    type: string,
    lines: readonly string[],
    style: { font: "text" | "strong"; size: number; x: number },
  ): void {
    const leading = style.size * 1.35;
    const element = this.#doc.struct(type);
    parent.add(element);
    for (let done = 0; done < lines.length; ) {
      this.#room(leading);
      const fit = Math.max(1, Math.floor((this.#bottom - this.#doc.y) / leading));
      const shown = lines.slice(done, done + fit);
      element.add(() => {
        for (const line of shown) {
          this.#set.line(line, style.font, style.size, style.x, this.#doc.y);
          this.#doc.y += leading;
        }
      });
      done += shown.length;
    }
    element.end();
  }

  #heading(level: 1 | 2 | 3, text: string): void {
    const size = SIZES[level];
    const lines = this.#set.wrap(text, "strong", size, this.#width);
    if (this.#doc.y > MARGIN) this.#doc.y += size * 0.8;
    // A heading keeps company with what follows it.
    this.#room(size * 1.35 * lines.length + TEXT * 5);
    this.#element(this.#root, `H${level}`, lines, { font: "strong", size, x: MARGIN });
    this.#doc.y += size * 0.2;
  }

  #paragraph(text: string): void {
    const lines = this.#set.wrap(text, "text", TEXT, this.#width);
    this.#element(this.#root, "P", lines, { font: "text", size: TEXT, x: MARGIN });
    this.#doc.y += 3;
  }

  #list(items: readonly string[]): void {
    const list = this.#doc.struct("L");
    this.#root.add(list);
    for (const item of items) {
      const entry = this.#doc.struct("LI");
      list.add(entry);
      const lines = this.#set.wrap(item, "text", TEXT, this.#width - INDENT);
      this.#element(entry, "LBody", lines, { font: "text", size: TEXT, x: MARGIN + INDENT });
      entry.end();
    }
    list.end();
    this.#doc.y += 3;
  }

  /** A head that says what each column is (PDF/UA-1 7.5), repeated to the eye on each page and to the ear once. */
  #table(head: readonly string[], rows: readonly (readonly string[])[]): void {
    const gap = 8;
    const column = (this.#width - gap * (head.length - 1)) / head.length;
    const table = this.#doc.struct("Table");
    this.#root.add(table);
    const row = (parent: PDFKit.PDFStructureElement, cells: readonly string[], type: "TH" | "TD") => {
      const font = type === "TH" ? "strong" : "text";
      const wrapped = cells.map((cell) => this.#set.wrap(cell, font, TEXT, column));
      const height = Math.max(...wrapped.map(({ length }) => length)) * TEXT * 1.35;
      this.#room(height);
      const element = this.#doc.struct("TR");
      parent.add(element);
      const top = this.#doc.y;
      for (const [place, lines] of wrapped.entries()) {
        const cell = this.#struct(type, type === "TH" ? { scope: "Column" } : {});
        element.add(cell);
        cell.add(() => {
          for (const [i, line] of lines.entries())
            this.#set.line(line, font, TEXT, MARGIN + place * (column + gap), top + i * TEXT * 1.35);
        });
        cell.end();
      }
      element.end();
      this.#doc.y = top + height + 2;
    };
    row(table, head, "TH");
    for (const cells of rows) row(table, cells, "TD");
    table.end();
    this.#doc.y += 4;
  }

  #bars(alt: string, bars: readonly Bar[]): void {
    const height = bars.length * BAR.step;
    this.#room(height + 6);
    const top = this.#doc.y + 2;
    const half = this.#width / 4;
    const middle = MARGIN + half;
    const figure = this.#struct("Figure", {
      alt,
      bbox: [MARGIN, top, MARGIN + this.#width, top + height],
    });
    this.#root.add(figure);
    figure.add(() => {
      for (const [i, { label, share }] of bars.entries()) {
        const length = Math.min(Math.abs(share), 1) * half;
        const y = top + i * BAR.step;
        const x = share < 0 ? middle - length : middle;
        this.#doc.rect(x, y, length, BAR.height);
        // Sides, fill and hue each tell for from against: outlined against, filled for.
        if (share < 0) this.#doc.lineWidth(0.8).stroke(AGAINST);
        else this.#doc.fill(FOR);
        this.#doc.fillColor(INK);
        const [shown = ""] = this.#set.wrap(label, "text", BAR.label, 2 * half - 12);
        this.#set.line(shown, "text", BAR.label, middle + half + 12, y - 1.5);
      }
      this.#doc
        .moveTo(middle, top - 1)
        .lineTo(middle, top + height)
        .lineWidth(0.8)
        .stroke(INK);
    });
    figure.end();
    this.#doc.fillColor(INK);
    this.#doc.y = top + height + 4;
  }
}
