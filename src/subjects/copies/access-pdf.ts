import type { HeldDecision } from "../access.ts";
import type { AccessHead, AccessPage, AccessWriter } from "./access-files.ts";
import { decisionBlocks, type Wording } from "./decision-blocks.ts";
import type { Block } from "./pdf/tagged-document.ts";
import { Volumes } from "./pdf/volumes.ts";
import type { CopySink } from "./sink.ts";
import { openingsTable, type Summed, summaryBlocks } from "./summary-blocks.ts";
import type { ToldPurpose } from "./told.ts";
import { COPY_WORDS, figuresIn } from "./words.ts";

const PDF = "application/pdf";
/**
 * Lines up to which there is one document; beyond, decisions fill volumes of so many lines: some 250 decisions about twenty
 * features. Setting one takes the memory that its structure needs, whatever the number of volumes.
 */
const LINES = 7_000;
/** Lines that a decision has beside its inputs: heading, score, reasons, procedure. */
const BESIDE = 8;
/** Openings that the summary lists; where there are more, all of them are in volumes of so many each. */
const OPENINGS = 1_000;
/** Blocks set at once. */
const TAKEN = 400;

const threeDigits = (number: number): string => String(number).padStart(3, "0");

/**
 * `access.pdf`, tagged (PDF/UA-1). With very many decisions they stand in volumes of their own,
 * `access-decisions-001.pdf` and so on, which are set while the entries are read; very many openings likewise.
 */
export class AccessPdf implements AccessWriter {
  readonly #sink: CopySink;
  readonly #head: AccessHead;
  readonly #wording: Wording;
  readonly #volumes = new Volumes();
  /** Whether one document will do; an entry is at most one decision. */
  readonly #small: boolean;
  readonly #kept: Block[] = [];
  readonly #purposes: Summed[] = [];
  #inUse = 0;
  #linesInVolume = 0;
  #volume = 0;
  #openedVolume = 0;

  constructor(sink: CopySink, head: AccessHead, timeZone: string) {
    this.#sink = sink;
    this.#head = head;
    const { language } = head;
    this.#wording = { language, words: COPY_WORDS[language], figures: figuresIn(language, timeZone) };
    const lines = head.uses.map(({ entries, contract }) => entries * (contract.features.length + BESIDE));
    this.#small = lines.reduce((sum, each) => sum + each, 0) <= LINES;
  }

  async page({ decisions, contracts }: AccessPage): Promise<void> {
    const worded = (one: HeldDecision) =>
      decisionBlocks(this.#wording, one, contracts.get(`${one.decision.model}@${one.decision.version}`));
    this.#inUse += decisions.length;
    if (this.#small) {
      this.#kept.push(...decisions.flatMap(worded));
      return;
    }
    let taken: Block[] = [];
    for (const one of decisions) {
      const lines = Object.keys(one.inputs).length + BESIDE;
      if (this.#linesInVolume > 0 && this.#linesInVolume + lines > LINES) {
        await this.#volumes.add(taken);
        taken = [];
        await this.#endVolume();
      }
      if (this.#linesInVolume === 0) await this.#beginVolume();
      taken.push(...worded(one));
      this.#linesInVolume += lines;
    }
    if (taken.length > 0) await this.#volumes.add(taken);
  }

  async endUse(told: ToldPurpose): Promise<void> {
    const { opened } = told;
    const listed = { ...told, opened: opened.slice(0, OPENINGS) };
    this.#purposes.push({ told: listed, decisions: this.#inUse });
    this.#inUse = 0;
    if (opened.length <= OPENINGS) return;
    if (this.#linesInVolume > 0) await this.#endVolume();
    for (let from = 0; from < opened.length; from += OPENINGS) {
      const number = ++this.#openedVolume;
      const title = this.#wording.words.openedTitle(number);
      await this.#begin(`access-opened-${threeDigits(number)}.pdf`, title);
      await this.#volumes.add([
        { kind: "heading", level: 1, text: title },
        openingsTable(this.#wording, opened.slice(from, from + OPENINGS)),
      ]);
      await this.#volumes.end();
    }
  }

  async end(): Promise<void> {
    if (this.#linesInVolume > 0) await this.#endVolume();
    const inVolumes = { decisions: this.#volume > 0, openings: this.#openedVolume > 0 };
    const summary = summaryBlocks(this.#wording, this.#head, this.#purposes, inVolumes);
    await this.#begin("access.pdf", this.#wording.words.title);
    const blocks = [...summary, ...this.#kept];
    for (let from = 0; from < blocks.length; from += TAKEN)
      await this.#volumes.add(blocks.slice(from, from + TAKEN));
    await this.#volumes.end();
  }

  /** Ends the thread, whatever it is at. */
  close(): Promise<void> {
    return this.#volumes.close();
  }

  async #begin(name: string, title: string): Promise<void> {
    const { language, controller, at } = this.#head;
    await this.#volumes.begin(await this.#sink.open(name, PDF), {
      language,
      title,
      author: controller,
      footer: title,
      createdAt: new Date(at),
    });
  }

  async #beginVolume(): Promise<void> {
    this.#volume += 1;
    const title = this.#wording.words.volumeTitle(this.#volume);
    await this.#begin(`access-decisions-${threeDigits(this.#volume)}.pdf`, title);
    await this.#volumes.add([{ kind: "heading", level: 1, text: title }]);
  }

  async #endVolume(): Promise<void> {
    await this.#volumes.end();
    this.#linesInVolume = 0;
  }
}
