import type { HeldDecision } from "../access.ts";
import type { AccessHead, AccessPage, AccessWriter } from "./access-files.ts";
import { decisionBlocks, type Wording } from "./decision-blocks.ts";
import type { Block } from "./pdf/tagged-document.ts";
import { Volumes } from "./pdf/volumes.ts";
import type { CopySink } from "./sink.ts";
import { type Summed, summaryBlocks } from "./summary-blocks.ts";
import type { ToldPurpose } from "./told.ts";
import { COPY_WORDS, figuresIn } from "./words.ts";

const PDF = "application/pdf";
/** Decisions up to which there is one document; beyond, they fill volumes of so many each. */
const IN_ONE = 500;
/** Blocks set at once. */
const TAKEN = 400;

/**
 * `access.pdf`, tagged (PDF/UA-1). With very many decisions they stand in volumes of their own,
 * `access-decisions-001.pdf` and so on, which are set while the entries are read.
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
  #inVolume = 0;
  #volume = 0;

  constructor(sink: CopySink, head: AccessHead, timeZone: string) {
    this.#sink = sink;
    this.#head = head;
    const { language } = head;
    this.#wording = { language, words: COPY_WORDS[language], figures: figuresIn(language, timeZone) };
    this.#small = head.uses.reduce((sum, { entries }) => sum + entries, 0) <= IN_ONE;
  }

  async page({ decisions, contracts }: AccessPage): Promise<void> {
    const worded = (one: HeldDecision) =>
      decisionBlocks(this.#wording, one, contracts.get(`${one.decision.model}@${one.decision.version}`));
    this.#inUse += decisions.length;
    if (this.#small) {
      this.#kept.push(...decisions.flatMap(worded));
      return;
    }
    for (let from = 0; from < decisions.length; ) {
      if (this.#inVolume === IN_ONE) await this.#endVolume();
      if (this.#inVolume === 0) await this.#beginVolume();
      const taken = decisions.slice(from, from + IN_ONE - this.#inVolume);
      await this.#volumes.add(taken.flatMap(worded));
      this.#inVolume += taken.length;
      from += taken.length;
    }
  }

  async endUse(told: ToldPurpose): Promise<void> {
    this.#purposes.push({ told, decisions: this.#inUse });
    this.#inUse = 0;
  }

  async end(): Promise<void> {
    if (this.#inVolume > 0) await this.#endVolume();
    const summary = summaryBlocks(this.#wording, this.#head, this.#purposes, this.#volume > 0);
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
    await this.#begin(`access-decisions-${String(this.#volume).padStart(3, "0")}.pdf`, title);
    await this.#volumes.add([{ kind: "heading", level: 1, text: title }]);
  }

  async #endVolume(): Promise<void> {
    await this.#volumes.end();
    this.#inVolume = 0;
  }
}
