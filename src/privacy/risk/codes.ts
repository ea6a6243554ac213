/** The values of one column as small numbers, in the order of their first appearance. */
export class Codes {
  readonly #codes = new Map<string, number>();
  readonly values: string[] = [];

  of(value: string): number {
    const there = this.#codes.get(value);
    if (there !== undefined) return there;
    const code = this.values.length;
    this.#codes.set(value, code);
    this.values.push(value);
    return code;
  }

  get count(): number {
    return this.values.length;
  }
}

/** Whole numbers one after the other, four bytes each. */
export class IntList {
  #items = new Int32Array(1_024);
  length = 0;

  push(item: number): void {
    if (this.length === this.#items.length) {
      const longer = new Int32Array(this.length * 2);
      longer.set(this.#items);
      this.#items = longer;
    }
    this.#items[this.length] = item;
    this.length += 1;
  }

  get items(): Int32Array {
    return this.#items.subarray(0, this.length);
  }
}
