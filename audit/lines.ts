import { Refusal } from "./refusal.ts";

/** Longest line that is read; an erasure entry with 65,536 items needs about 4 MB. */
export const MAX_LINE_BYTES = 8 * 1024 * 1024;

/** Cuts a byte stream into UTF-8 lines, holding at most one unfinished line. */
export class LineSplitter {
  // A byte-order mark is kept as a character, so that it is refused like any other stray byte.
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #held: Uint8Array[] = [];
  #heldLength = 0;

  /** The lines that `chunk` completes. Throws Refusal `line_too_long` or `utf8_invalid`. */
  *push(chunk: Uint8Array): Generator<string> {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      this.#hold(chunk.subarray(start, end));
      start = end + 1;
      yield this.#take();
    }
    if (start < chunk.length) this.#hold(new Uint8Array(chunk.subarray(start)));
  }

  /** Throws Refusal `line_unterminated` when the stream stopped inside a line. */
  end(): void {
    if (this.#heldLength > 0) throw new Refusal("line_unterminated");
  }

  #hold(part: Uint8Array): void {
    this.#held.push(part);
    this.#heldLength += part.length;
    if (this.#heldLength > MAX_LINE_BYTES) throw new Refusal("line_too_long");
  }

  #take(): string {
    const [only] = this.#held;
    const bytes = this.#held.length === 1 ? only! : this.#joined();
    this.#held = [];
    this.#heldLength = 0;
    try {
      return this.#decoder.decode(bytes);
    } catch {
      throw new Refusal("utf8_invalid");
    }
  }

  #joined(): Uint8Array {
    const line = new Uint8Array(this.#heldLength);
    let offset = 0;
    for (const part of this.#held) {
      line.set(part, offset);
      offset += part.length;
    }
    return line;
  }
}
