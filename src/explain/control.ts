import type { ClosedForm, ControlForm } from "./closed-form.ts";
import { Curvature } from "./curvature.ts";
import type { Cell } from "./game.ts";
import type { HybridRows } from "./hybrids.ts";
import { turn } from "./turn.ts";

/** Rows that are taken in before others have their turn of the event loop. */
const ROWS_A_TURN = 8192;

/**
 * A quantity whose attributions are exact and that moves with the sampled one: the margin beside a probability.
 * The same walks estimate it too, and by how much they miss what is known of it says by how much they miss what is
 * not (control variates: Lavenberg & Welch 1981).
 *
 * A row's margin is read off its output, which costs nothing; where the output is so close to 0 or 1 that float32
 * has rounded the margin away, it is computed from the row.
 */
export class Control {
  /** Exact; players × outputs. */
  readonly attributions: Float64Array;
  /** What the last function makes of margins that add up. */
  readonly curvature: Curvature;
  readonly #form: ControlForm;
  readonly #outputs: number;
  #values = new Float64Array(0);
  #count = 0;

  private constructor(form: ControlForm, attributions: Float64Array, outputs: number) {
    this.#form = form;
    this.attributions = attributions;
    this.curvature = new Curvature(form.last, outputs);
    this.#outputs = outputs;
  }

  /** Undefined where the model's output gives no margin away. */
  static of(closedForm: ClosedForm | undefined, row: readonly Cell[]): Control | undefined {
    const form = closedForm?.control();
    return form && new Control(form, form.attributions(row), form.outputs);
  }

  /** Takes in the rows evaluated since the last time. */
  async follow(rows: HybridRows): Promise<void> {
    const outputs = this.#outputs;
    const count = rows.evaluated;
    if (count * outputs > this.#values.length) {
      const held = this.#values;
      this.#values = new Float64Array(Math.max(count * outputs, 2 * held.length));
      this.#values.set(held);
    }
    const given = new Float64Array(outputs);
    for (let id = this.#count; id < count; id++) {
      if (id % ROWS_A_TURN === ROWS_A_TURN - 1) await turn();
      for (let o = 0; o < outputs; o++) given[o] = rows.value(id, o);
      const read = this.#form.fromOutputs(given) ?? this.#form.fromRow(rows.cells(id));
      for (let o = 0; o < outputs; o++) this.#values[id * outputs + o] = read[o]!;
    }
    this.#count = count;
  }

  /** Of the rows taken in, as `HybridRows.values`. */
  get values(): Float64Array {
    return this.#values;
  }

  /** A row's, one an output. */
  of(id: number): Float64Array {
    return this.#values.subarray(id * this.#outputs, (id + 1) * this.#outputs);
  }

  value(id: number, output: number): number {
    return this.#values[id * this.#outputs + output]!;
  }
}
