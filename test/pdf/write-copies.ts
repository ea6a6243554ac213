/** `node test/pdf/write-copies.ts FOLDER`: PDF of copies of made-up people, for a validator to look at. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { keepingSink, madeUpPdf } from "./made-up-copy.ts";

const [folder = "."] = process.argv.slice(2);
for (const [label, asked] of [
  ["one", { decisions: 1, language: "pt-BR", name: "Conceição Muñoz" }],
  ["many", { decisions: 251, openings: 1001, language: "en", name: "Ana" }],
  ["foreign", { decisions: 2, language: "pt-BR", name: "漢字 Ω\tλ \u{1F600} ʼ ﬁ Łukasz Ξ" }],
] as const) {
  const sink = keepingSink();
  await madeUpPdf(sink, asked);
  for (const [name, bytes] of sink.files) writeFileSync(join(folder, `${label}-${name}`), bytes);
}
