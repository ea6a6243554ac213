import { Tensor } from "onnxruntime-node";
import type { Cell } from "../explain/game.ts";
import type { Binding, InputBinding } from "./binding.ts";

/** The cell of feature `column` in row `row` of what is to be evaluated. */
export type CellAt = (column: number, row: number) => Cell;

/** `rows` rows as the tensors that the graph takes. Cells have the types that the contract promised. */
export function tensorsOf(binding: Binding, rows: number, cellAt: CellAt): Record<string, Tensor> {
  return Object.fromEntries(binding.inputs.map((input) => [input.name, tensorOf(input, rows, cellAt)]));
}

function tensorOf({ element, columns, rank }: InputBinding, rows: number, cellAt: CellAt): Tensor {
  const width = columns.length;
  const dims = rank === 1 ? [rows] : [rows, width];
  const fill = <T>(into: { [index: number]: T }, convert: (cell: Cell) => T) => {
    for (let j = 0; j < width; j++) {
      const column = columns[j]!;
      for (let r = 0; r < rows; r++) into[r * width + j] = convert(cellAt(column, r));
    }
  };
  const size = rows * width;
  switch (element) {
    case "string": {
      const cells = new Array<string>(size);
      fill(cells, (cell) => cell as string);
      return new Tensor("string", cells, dims);
    }
    case "int64": {
      const cells = new BigInt64Array(size);
      fill(cells, (cell) => BigInt(cell));
      return new Tensor("int64", cells, dims);
    }
    case "float":
      return new Tensor("float32", numbers(new Float32Array(size), fill), dims);
    case "double":
      return new Tensor("float64", numbers(new Float64Array(size), fill), dims);
    case "int32":
      return new Tensor("int32", numbers(new Int32Array(size), fill), dims);
  }
}

function numbers<A extends Float32Array | Float64Array | Int32Array>(
  cells: A,
  fill: (into: A, convert: (cell: Cell) => number) => void,
): A {
  fill(cells, (cell) => cell as number);
  return cells;
}
