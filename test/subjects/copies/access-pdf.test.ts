import { PDFArray, PDFDict, PDFDocument, PDFHexString, PDFName, PDFNumber, PDFRef, PDFString } from "pdf-lib";
import { beforeAll, describe, expect, it } from "vitest";
import { keepingSink, madeUpPdf } from "../../pdf/made-up-copy.ts";

interface Element {
  type: string;
  alt: string | undefined;
  scope: string | undefined;
  /** Pieces of marked content. */
  content: number;
  children: Element[];
}

/** The structure tree as assistive technology walks it. */
function treeOf(pdf: PDFDocument): Element[] {
  const text = (value: unknown) =>
    value instanceof PDFString || value instanceof PDFHexString ? value.decodeText() : undefined;
  const read = (of: PDFRef | PDFDict): Element => {
    const dict = pdf.context.lookup(of, PDFDict);
    const kids = dict.lookup(PDFName.of("K"));
    const items = kids instanceof PDFArray ? kids.asArray() : kids === undefined ? [] : [kids];
    const elements = items.filter((kid) => kid instanceof PDFRef);
    const attributes = dict.lookup(PDFName.of("A"));
    return {
      type: String(dict.get(PDFName.of("S"))).slice(1),
      alt: text(dict.get(PDFName.of("Alt"))),
      scope: attributes instanceof PDFDict ? String(attributes.get(PDFName.of("Scope"))) : undefined,
      content: items.filter((kid) => kid instanceof PDFNumber || kid instanceof PDFDict).length,
      children: elements.map((kid) => read(kid as PDFRef)),
    };
  };
  const root = pdf.catalog.lookup(PDFName.of("StructTreeRoot"), PDFDict);
  return root
    .lookup(PDFName.of("K"), PDFArray)
    .asArray()
    .map((kid) => read(kid as PDFRef));
}

const flat = (elements: Element[]): Element[] =>
  elements.flatMap((element) => [element, ...flat(element.children)]);

describe("the PDF of a copy", () => {
  let pdf: PDFDocument;
  let elements: Element[];
  beforeAll(async () => {
    const sink = keepingSink();
    await madeUpPdf(sink, { decisions: 2, language: "pt-BR", name: "Conceição 漢字" });
    expect([...sink.files.keys()]).toEqual(["access.pdf"]);
    pdf = await PDFDocument.load(sink.files.get("access.pdf")!, { updateMetadata: false });
    elements = flat(treeOf(pdf));
  });

  it("says its language, its title, and that it is tagged (PDF/UA-1 7.1, 7.2)", () => {
    const { catalog } = pdf;
    expect(String(catalog.lookup(PDFName.of("Lang")))).toBe("(pt-BR)");
    expect(pdf.getTitle()).toBe("Cópia dos meus dados");
    expect(pdf.getAuthor()).toBe("Banco Aurora");
    const preferences = catalog.lookup(PDFName.of("ViewerPreferences"), PDFDict);
    expect(String(preferences.get(PDFName.of("DisplayDocTitle")))).toBe("true");
    expect(String(catalog.lookup(PDFName.of("MarkInfo"), PDFDict).get(PDFName.of("Marked")))).toBe("true");
    const metadata = catalog.lookup(PDFName.of("Metadata")) as unknown as { contents: Uint8Array };
    expect(Buffer.from(metadata.contents).toString("utf8")).toContain("<pdfuaid:part>1</pdfuaid:part>");
  });

  it("has headings without a gap, lists of items, and tables whose heads say what their columns are", () => {
    expect(elements[0]).toMatchObject({ type: "Document" });
    const levels = elements.flatMap(({ type }) => (/^H[1-6]$/.test(type) ? [Number(type[1])] : []));
    expect(levels[0]).toBe(1);
    for (const [i, level] of levels.entries()) expect(level - (levels[i - 1] ?? 0)).toBeLessThanOrEqual(1);
    for (const list of elements.filter(({ type }) => type === "L")) {
      expect(list.children.length).toBeGreaterThan(0);
      for (const item of list.children) {
        expect(item.type).toBe("LI");
        expect(item.children.map(({ type }) => type)).toEqual(["LBody"]);
      }
    }
    const tables = elements.filter(({ type }) => type === "Table");
    expect(tables).toHaveLength(3);
    for (const { children } of tables) {
      expect(children[0]!.children.every(({ type, scope }) => type === "TH" && scope === "/Column")).toBe(
        true,
      );
      const across = children[0]!.children.length;
      expect(children.every((row) => row.type === "TR" && row.children.length === across)).toBe(true);
    }
  });

  it("describes every picture, and leaves no element that says nothing", () => {
    const figures = elements.filter(({ type }) => type === "Figure");
    expect(figures).toHaveLength(2);
    for (const { alt } of figures) expect(alt).toContain("O que mais pesou");
    for (const { type, content, children } of elements)
      expect([type, content + children.length]).not.toEqual([type, 0]);
  });

  it("tabulates in the order of the structure on every page (7.18.3), with every font embedded", () => {
    for (const page of pdf.getPages()) expect(String(page.node.get(PDFName.of("Tabs")))).toBe("/S");
    const descriptors = pdf.context
      .enumerateIndirectObjects()
      .flatMap(([, object]) =>
        object instanceof PDFDict && object.get(PDFName.of("Type")) === PDFName.of("FontDescriptor")
          ? [object]
          : [],
      );
    expect(descriptors).toHaveLength(2);
    for (const each of descriptors) {
      expect(String(each.get(PDFName.of("FontName")))).toMatch(/\+AtkinsonHyperlegibleNext/);
      expect(each.get(PDFName.of("FontFile2"))).toBeDefined();
      expect(each.get(PDFName.of("CIDSet"))).toBeUndefined();
    }
  });
});

describe("very much to tell", () => {
  it("stands in volumes beside a summary: 250 decisions about twenty features, a thousand openings", async () => {
    const sink = keepingSink();
    await madeUpPdf(sink, { decisions: 251, openings: 1001, language: "en", name: "Ana" });
    expect([...sink.files.keys()]).toEqual([
      ...["access-decisions-001.pdf", "access-decisions-002.pdf"],
      ...["access-opened-001.pdf", "access-opened-002.pdf", "access.pdf"],
    ]);
    const read = async (name: string) => PDFDocument.load(sink.files.get(name)!, { updateMetadata: false });
    const second = await read("access-decisions-002.pdf");
    expect(second.getTitle()).toBe("Copy of my data: decisions, volume 2");
    expect(flat(treeOf(second)).filter(({ type }) => type === "H2")).toHaveLength(1);
    const opened = await read("access-opened-002.pdf");
    expect(flat(treeOf(opened)).filter(({ type }) => type === "TR")).toHaveLength(2);
  });
});
