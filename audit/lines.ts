import { Refusal } from "./refusal.ts";

/** Longest line that is read; an erasure entry with 65,536 items needs about 4 MB. */
export const MAX_LINE_BYTES = 8 * 1024 * 1024;

// A byte-order mark is kept as a character, so that it is refused like any other stray byte.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A line as text. Throws Refusal `utf8_invalid`. */
export function lineText(line: Uint8Array): string {
  try {
    return decoder.decode(line);
  } catch {
    throw new Refusal("utf8_invalid");
  }
}

/** Cuts a byte stream into lines, holding at most one unfinished line. */
export class LineSplitter {
  #held: Uint8Array[] = [];
  #heldLength = 0;

  /** The lines that `chunk` completes, each good until the next one is taken. Throws Refusal `line_too_long`. */
  *push(chunk: Uint8Array): Generator<Uint8Array> {
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

  #take(): Uint8Array {
    const [only] = this.#held;
    const bytes = this.#held.length === 1 ? only! : this.#joined();
    this.#held = [];
    this.#heldLength = 0;
    return bytes;
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
