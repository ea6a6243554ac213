/** A file on its way to wherever a copy goes. Bytes are taken in order; a slow taker is waited for. */
export interface CopyFile {
  write(bytes: Uint8Array): Promise<void>;
  end(): Promise<void>;
}

/** Takes the files of a copy. Their names say what they are and never whose. */
export interface CopySink {
  open(name: string, mediaType: string): Promise<CopyFile>;
}

const GATHERED = 256 * 1024;

/** Text into a file, gathered so that each small piece is not a write of its own. */
export class TextFile {
  readonly #file: CopyFile;
  #pieces: string[] = [];
  #length = 0;

  constructor(file: CopyFile) {
    this.#file = file;
  }

  async write(text: string): Promise<void> {
    this.#pieces.push(text);
    this.#length += text.length;
    if (this.#length >= GATHERED) await this.#flush();
  }

  async end(): Promise<void> {
    await this.#flush();
    await this.#file.end();
  }

  async #flush(): Promise<void> {
    const text = this.#pieces.join("");
    this.#pieces = [];
    this.#length = 0;
    if (text !== "") await this.#file.write(new TextEncoder().encode(text));
  }
}
