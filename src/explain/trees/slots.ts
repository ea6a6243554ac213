import type { Cell } from "../game.ts";
import type { Axis } from "../structure.ts";

/** What a row brings to a kernel: its raw numbers as they are, and what is computed of it. */
export class Slots {
  /** For each axis the slot of its number. */
  readonly of: readonly number[];
  readonly count: number;
  /** Raw columns: slot i holds column i where these are all, in their order. */
  readonly #columns: Uint32Array;
  readonly #computed: readonly Axis[];
  readonly #whole: boolean;

  /** @param width cells of a row */
  constructor(axes: readonly Axis[], width: number) {
    const raw = axes.flatMap(({ scale }) => scale?.raw?.column ?? []);
    const computed = axes.filter(({ scale }) => scale?.raw === undefined);
    // Where numbers are all there is, a row is copied as it is.
    this.#whole = computed.length === 0 && raw.length > 0;
    const columns = this.#whole ? Array.from({ length: width }, (_, c) => c) : [...new Set(raw)];
    const places = new Map(columns.map((column, slot) => [column, slot]));
    let next = columns.length;
    this.of = axes.map(({ scale }) => (scale?.raw === undefined ? next++ : places.get(scale.raw.column)!));
    this.count = next;
    this.#columns = Uint32Array.from(columns);
    this.#computed = computed;
  }

  /** @param at where the row's slots start */
  place(row: readonly Cell[], values: Float64Array, at: number): void {
    const columns = this.#columns;
    if (this.#whole) for (let c = 0; c < columns.length; c++) values[at + c] = row[c] as number;
    else for (let i = 0; i < columns.length; i++) values[at + i] = row[columns[i]!] as number;
    for (let i = 0, slot = at + columns.length; i < this.#computed.length; i++, slot++) {
      const axis = this.#computed[i]!;
      values[slot] = axis.scale === undefined ? axis.code(row) : axis.scale.value(row);
    }
  }
}
