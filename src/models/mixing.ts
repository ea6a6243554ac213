import { Tensor } from "onnxruntime-node";
import type { Cell } from "../explain/game.ts";
import type { Binding } from "./binding.ts";
import type { CutTensor } from "./graph/cut.ts";
import { tensorsOf } from "./row-tensors.ts";

type Cells = Tensor["data"];
/** What holds a tensor of numbers; 1, 4 or 8 bytes each. */
type Numbers = Exclude<Cells, string[]>;

/** Rows as one tensor, with the feature that each of its columns belongs to. */
export interface OwnedTensor {
  name: string;
  type: Tensor["type"];
  /** rows × columns, row-major. */
  cells: Cells;
  /** Of one row. */
  dims: readonly number[];
  /** One a column; −1 where all rows hold the same. */
  owners: readonly number[];
}

/** What `Hybrids` names, for several explained rows at a time. */
export interface MixedRows {
  /** `count` indexes of explained rows. */
  explained: Uint32Array;
  /** `count` indexes of background rows. */
  background: Uint32Array;
  /** count × players */
  present: Uint8Array;
  /** One a feature. */
  players: Uint16Array;
}

/** Rows as the graph takes them in. */
export function rawTensors(binding: Binding, rows: readonly (readonly Cell[])[]): OwnedTensor[] {
  const tensors = tensorsOf(binding, rows.length, (column, r) => rows[r]![column]!);
  return binding.inputs.map(({ name, columns }) => ownedTensor({ name, owners: columns }, tensors[name]!));
}

/** @throws Error when the tensor is not one row of these columns after another */
export function ownedTensor({ name, owners }: CutTensor, tensor: Tensor): OwnedTensor {
  const dims = tensor.dims.slice(1);
  if (dims.reduce((product, dim) => product * dim, 1) !== owners.length)
    throw new Error("a tensor has other columns than were read");
  return { name, type: tensor.type, cells: tensor.data, dims, owners };
}

/**
 * Hybrid rows, column by column from the explained row or the background row: tensors of the same names.
 * @param explained,background the same tensors in the same order
 */
export function mix(
  explained: readonly OwnedTensor[],
  background: readonly OwnedTensor[],
  rows: MixedRows,
): Record<string, Tensor> {
  const count = rows.background.length;
  const mixed = background.map((tensor, t): [string, Tensor] => {
    const { name, type, cells, dims, owners } = tensor;
    // Constants are the same in every row: any player will do.
    const players = Uint16Array.from(owners, (owner) => (owner === -1 ? 0 : rows.players[owner]!));
    const into = emptyLike(cells, count * owners.length);
    mixCells(into, explained[t]!.cells, cells, players, rows);
    return [name, new Tensor(type as "float32", into as Float32Array, [count, ...dims])];
  });
  return Object.fromEntries(mixed);
}

function emptyLike(cells: Cells, size: number): Cells {
  if (Array.isArray(cells)) return new Array<string>(size);
  return new (cells.constructor as new (size: number) => Numbers)(size);
}

function mixCells(into: Cells, explained: Cells, background: Cells, players: Uint16Array, rows: MixedRows) {
  if (Array.isArray(into)) return mixEach(into, explained as string[], background as string[], players, rows);
  if (into.BYTES_PER_ELEMENT < 4)
    return mixEach(into as Uint8Array, explained as Uint8Array, background as Uint8Array, players, rows);
  // Every number as words of 32 bits: one loop over one kind of array, which the engine compiles well.
  const words = into.BYTES_PER_ELEMENT / 4;
  const wide =
    words === 1 ? players : Uint16Array.from({ length: 2 * players.length }, (_, w) => players[w >> 1]!);
  mixWords(wordsOf(into), wordsOf(explained as Numbers), wordsOf(background as Numbers), wide, rows);
}

function wordsOf({
  buffer,
  byteOffset,
  byteLength,
}: {
  buffer: ArrayBufferLike;
  byteOffset: number;
  byteLength: number;
}) {
  return new Int32Array(buffer, byteOffset, byteLength / 4);
}

function mixWords(
  into: Int32Array,
  explained: Int32Array,
  background: Int32Array,
  players: Uint16Array,
  { present, ...rows }: MixedRows,
): void {
  const width = players.length;
  const count = rows.background.length;
  const stride = count === 0 ? 0 : present.length / count;
  // Where every column is a player, in the players' order, none need be looked up.
  const direct = width === stride && players.every((player, c) => player === c);
  for (let r = 0, at = 0; r < count; r++) {
    const flags = r * stride;
    const behind = rows.background[r]! * width;
    const ahead = rows.explained[r]! * width;
    if (direct)
      for (let c = 0; c < width; c++, at++) {
        const cell = background[behind + c]!;
        into[at] = cell ^ ((cell ^ explained[ahead + c]!) & -present[flags + c]!);
      }
    else
      for (let c = 0; c < width; c++, at++) {
        const cell = background[behind + c]!;
        into[at] = cell ^ ((cell ^ explained[ahead + c]!) & -present[flags + players[c]!]!);
      }
  }
}

function mixEach<T>(
  into: { [at: number]: T },
  explained: ArrayLike<T>,
  background: ArrayLike<T>,
  players: Uint16Array,
  { present, ...rows }: MixedRows,
): void {
  const width = players.length;
  const count = rows.background.length;
  const stride = count === 0 ? 0 : present.length / count;
  const [player] = players;
  if (width === 1) {
    for (let r = 0, flag = player!; r < count; r++, flag += stride)
      into[r] = present[flag] === 0 ? background[rows.background[r]!]! : explained[rows.explained[r]!]!;
    return;
  }
  for (let r = 0, at = 0; r < count; r++) {
    const flags = r * stride;
    const behind = rows.background[r]! * width;
    const ahead = rows.explained[r]! * width;
    for (let c = 0; c < width; c++)
      into[at++] = present[flags + players[c]!] === 0 ? background[behind + c]! : explained[ahead + c]!;
  }
}
