import { ExplainError } from "./errors.ts";
import { type Cell, type Game, type Hybrids, normalisedWeights } from "./game.ts";
import { ROWS_A_TURN, turn } from "./turn.ts";

/**
 * The model rows of one explanation, each evaluated once.
 *
 * Cells are dictionary-coded by player, 0 standing for the explained row's own value, so that two hybrids are
 * the same row exactly when their codes are, whichever background rows and coalitions they come from. Values
 * are told apart bit by bit (as `Object.is` does: -0 is not 0, NaN is NaN), never by closeness: a feature on a
 * scale of 1e-9 is a feature.
 *
 * Ids are given in order of first use, so that one seed names the same rows in the same order every time.
 * Memory: about players + 8 × outputs + 16 bytes a row.
 */
export class HybridRows {
  readonly players: number;
  readonly outputs: number;
  /** Normalised to sum to 1 in float64; one a background row. */
  readonly weights: Float64Array;
  /** For each background row, the players whose value differs from the explained row's. */
  readonly varying: readonly Uint32Array[];
  /** For each background row, the id of the row itself (the empty coalition). */
  readonly empty: Uint32Array;
  /** The id of the explained row (the full coalition). */
  readonly full: number;

  readonly #game: Game;
  /** background × players */
  readonly #backgroundCodes: Uint32Array;
  /** Of each of those cells; a row's hash is the exclusive or over its cells, 0 over the explained row's own. */
  readonly #cellHashes: Int32Array;
  readonly #rowHashes: Int32Array;
  /** The walk's current row, who is present in it, and its hash. */
  readonly #cursor: Uint32Array;
  readonly #cursorPresent: Uint8Array;
  #cursorBackground = 0;
  #cursorHash = 0;

  #count = 0;
  /** Rows sent to the predictor, and those it has answered. */
  #sent = 0;
  #evaluated = 0;
  /** What was sent, in order: from which row to before which. */
  #underway: { from: number; to: number; answered: Promise<void> }[] = [];
  #present: Uint8Array;
  #hashes = new Int32Array(INITIAL_ROWS);
  #backgrounds = new Uint32Array(INITIAL_ROWS);
  #slots = new Uint32Array(2 * INITIAL_ROWS);
  #values = new Float64Array(0);

  /**
   * As the constructor, letting others have the event loop in between where the background is large.
   * @throws ExplainError as the constructor
   */
  static async open(game: Game): Promise<HybridRows> {
    checkShape(game);
    await readColumns(game.background);
    const codes = codeCells(game);
    if (game.background.length >= ROWS_A_TURN) await turn();
    return new HybridRows(game, codes);
  }

  /** @throws ExplainError `empty_background`, `invalid_shape`, `invalid_players`, `invalid_weights` */
  constructor(game: Game, codes?: Uint32Array) {
    if (codes === undefined) checkShape(game);
    this.#game = game;
    this.players = game.players.length;
    this.outputs = game.outputs;
    this.weights = normalisedWeights(game);
    this.#backgroundCodes = codes ?? codeCells(game);
    this.#cursor = new Uint32Array(this.players);
    this.#cursorPresent = new Uint8Array(this.players);
    this.#present = new Uint8Array(INITIAL_ROWS * this.players);

    const rows = game.background.length;
    this.#cellHashes = new Int32Array(rows * this.players);
    this.#rowHashes = new Int32Array(rows);
    this.reserve(rows + 1);
    const varying: Uint32Array[] = new Array(rows);
    const players = new Uint32Array(this.players);
    this.empty = new Uint32Array(rows);
    for (let b = 0, at = 0; b < rows; b++) {
      let count = 0;
      for (let p = 0; p < this.players; p++, at++) {
        const code = this.#backgroundCodes[at]!;
        if (code === 0) continue;
        players[count++] = p;
        this.#cellHashes[at] = cellHash(p, code);
        this.#rowHashes[b]! ^= this.#cellHashes[at]!;
      }
      varying[b] = players.slice(0, count);
      this.start(b);
      this.empty[b] = this.intern();
    }
    this.varying = varying;
    this.#takeKnown(game.backgroundValues);
    // Of the last background row every player that differs is there.
    for (const p of varying[rows - 1]!) this.toggle(p);
    this.full = this.intern();
  }

  /** Background rows come first, so that their ids are those below `#count` now. */
  #takeKnown(values: Float64Array | undefined): void {
    if (values === undefined) return;
    const { outputs } = this;
    checkPrediction(values, this.empty.length * outputs);
    this.#values = new Float64Array(this.#count * outputs);
    this.empty.forEach((id, b) => {
      for (let o = 0; o < outputs; o++) this.#values[id * outputs + o] = values[b * outputs + o]!;
    });
    this.#sent = this.#count;
    this.#evaluated = this.#count;
  }

  /** Different rows named so far, evaluated or not. */
  get count(): number {
    return this.#count;
  }

  /** How many players differ from the explained row on one background row or another. */
  get varyingAnywhere(): number {
    const seen = new Uint8Array(this.players);
    for (const players of this.varying) for (const p of players) seen[p] = 1;
    return seen.reduce((count, flag) => count + flag, 0);
  }

  /** The first so many rows are known: all that was waited for. */
  get evaluated(): number {
    return this.#evaluated;
  }

  /** Rows sent, answered or not. */
  get sent(): number {
    return this.#sent;
  }

  /** Rows named and not sent yet. */
  get pending(): number {
    return this.#count - this.#sent;
  }

  /** Puts the walk on a background row: nobody is present. */
  start(background: number): void {
    const from = background * this.players;
    this.#cursorBackground = background;
    this.#cursorHash = this.#rowHashes[background]!;
    this.#cursorPresent.fill(0);
    for (let p = 0; p < this.players; p++) this.#cursor[p] = this.#backgroundCodes[from + p]!;
  }

  /** A player joins the coalition, or leaves it if present; only players that vary on this row may be named. */
  toggle(player: number): void {
    const at = this.#cursorBackground * this.players + player;
    const code = this.#backgroundCodes[at]!;
    this.#cursor[player] = this.#cursor[player]! ^ code;
    this.#cursorPresent[player]! ^= 1;
    this.#cursorHash ^= this.#cellHashes[at]!;
  }

  /** The id of the row that the walk stands on; a row not met before becomes pending. */
  intern(): number {
    const mask = this.#slots.length - 1;
    let slot = this.#cursorHash & mask;
    for (let held = this.#slots[slot]!; held !== 0; held = this.#slots[slot]!) {
      if (this.#hashes[held - 1] === this.#cursorHash && this.#isCursor(held - 1)) return held - 1;
      slot = (slot + 1) & mask;
    }
    const id = this.#count++;
    if (id === this.#hashes.length) {
      this.#grow(2 * id);
      slot = this.#freeSlot(this.#cursorHash);
    }
    this.#slots[slot] = id + 1;
    this.#hashes[id] = this.#cursorHash;
    this.#backgrounds[id] = this.#cursorBackground;
    const { players } = this;
    const [present, flags] = [this.#present, this.#cursorPresent];
    for (let p = 0, at = id * players; p < players; p++, at++) present[at] = flags[p]!;
    return id;
  }

  /**
   * Sends what is pending to the predictor, in one call, and does not wait: the next rows are named meanwhile.
   * What goes wrong is told by `evaluate`.
   */
  send(): void {
    const first = this.#sent;
    const count = this.#count - first;
    if (count === 0) return;
    this.#sent = this.#count;
    const { players } = this;
    const answered = this.#answer(first, count, {
      count,
      background: this.#backgrounds.slice(first, first + count),
      present: this.#present.slice(first * players, (first + count) * players),
      players: this.#game.players,
    });
    answered.catch(() => {});
    this.#underway.push({ from: first, to: first + count, answered });
  }

  /**
   * Evaluates everything that was named, or the first so many rows of it, the rest being under way.
   * @throws ExplainError `prediction_shape`, `prediction_not_finite`; whatever the predictor rejects with
   */
  async evaluate(rows = this.#count): Promise<void> {
    if (rows > this.#sent) this.send();
    const later = this.#underway.findIndex(({ from }) => from >= rows);
    const awaited = this.#underway.splice(0, later === -1 ? this.#underway.length : later);
    await Promise.all(awaited.map(({ answered }) => answered));
    this.#evaluated = Math.max(this.#evaluated, awaited.at(-1)?.to ?? 0);
  }

  async #answer(first: number, count: number, hybrids: Hybrids): Promise<void> {
    const values = checkPrediction(await this.#game.predict(hybrids), count * this.outputs);
    const needed = (first + count) * this.outputs;
    if (needed > this.#values.length) {
      const held = this.#values;
      this.#values = new Float64Array(Math.max(needed, 2 * held.length));
      this.#values.set(held);
    }
    this.#values.set(values, first * this.outputs);
  }

  /** The cells of a row that was named. */
  cells(id: number): Cell[] {
    const { row, background, players } = this.#game;
    const cells = [...background[this.#backgrounds[id]!]!];
    const flags = id * this.players;
    for (let p = 0; p < this.players; p++)
      if (this.#present[flags + p] === 1)
        for (const column of players[p]!.columns) cells[column] = row[column]!;
    return cells;
  }

  /** Outputs of rows by id, row-major: 0 until evaluated. Another array once more rows are. */
  get values(): Float64Array {
    return this.#values;
  }

  /** An evaluated row's output. */
  value(id: number, output: number): number {
    return this.#values[id * this.outputs + output]!;
  }

  #isCursor(id: number): boolean {
    const flags = id * this.players;
    const behind = this.#backgrounds[id]! * this.players;
    for (let p = 0; p < this.players; p++) {
      const code = this.#present[flags + p] === 1 ? 0 : this.#backgroundCodes[behind + p]!;
      if (code !== this.#cursor[p]) return false;
    }
    return true;
  }

  /** Room for so many rows in all, so that it need not be found bit by bit. */
  reserve(rows: number): void {
    if (rows > this.#hashes.length) this.#grow(2 ** Math.ceil(Math.log2(rows)));
  }

  #grow(capacity: number): void {
    const placed = Math.min(this.#count, this.#hashes.length);
    const present = new Uint8Array(capacity * this.players);
    present.set(this.#present);
    this.#present = present;
    const hashes = new Int32Array(capacity);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    const backgrounds = new Uint32Array(capacity);
    backgrounds.set(this.#backgrounds);
    this.#backgrounds = backgrounds;
    this.#slots = new Uint32Array(2 * capacity);
    for (let id = 0; id < placed; id++) this.#slots[this.#freeSlot(this.#hashes[id]!)] = id + 1;
  }

  #freeSlot(hash: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    return slot;
  }
}

const INITIAL_ROWS = 2048;

/** Spreads a cell's code over 32 bits. */
function cellHash(player: number, code: number): number {
  let h = Math.imul(player + 1, 0x9e3779b1) ^ Math.imul(code, 0x85ebca77);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return h ^ (h >>> 15);
}

/** The cells of a background, numbered column by column in the order that they are met in. */
interface ColumnCodes {
  /** background × columns */
  codes: Uint32Array;
  /** One a column. */
  numbers: readonly Map<Cell | symbol, number>[];
}

/** A background is the same for very many rows; it must not be changed once one was explained. */
const columnCodes = new WeakMap<Game["background"], ColumnCodes>();

function columnCodesOf(background: Game["background"]): ColumnCodes {
  const known = columnCodes.get(background);
  if (known !== undefined) return known;
  const steps = coded(background);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** So that they are known, without holding the event loop. */
async function readColumns(background: Game["background"]): Promise<void> {
  if (columnCodes.has(background)) return;
  for (const _ of coded(background)) await turn();
}

function* coded(background: Game["background"]): Generator<void, ColumnCodes> {
  const columns = background[0]!.length;
  const numbers = Array.from({ length: columns }, () => new Map<Cell | symbol, number>());
  const codes = new Uint32Array(background.length * columns);
  for (const [b, row] of background.entries()) {
    for (let c = 0; c < columns; c++) codes[b * columns + c] = numberOf(numbers[c]!, cellKey(row[c]!));
    if (b % ROWS_A_TURN === ROWS_A_TURN - 1) yield;
  }
  const made = { codes, numbers };
  columnCodes.set(background, made);
  return made;
}

function numberOf<K>(numbers: Map<K, number>, key: K): number {
  const known = numbers.get(key);
  if (known !== undefined) return known;
  numbers.set(key, numbers.size);
  return numbers.size - 1;
}

/** → background × players: 0 where the player's columns hold the explained row's values, else 1, 2, … */
function codeCells({ row, players, background }: Game): Uint32Array {
  const { codes, numbers } = columnCodesOf(background);
  const columns = row.length;
  const own = row.map((cell, c) => numbers[c]!.get(cellKey(cell)) ?? -1);
  const coded = new Uint32Array(background.length * players.length);
  players.forEach(({ columns: held }, p) => {
    const only = held[0]!;
    if (held.length === 1) {
      for (let b = 0; b < background.length; b++) {
        const code = codes[b * columns + only]!;
        coded[b * players.length + p] = code === own[only] ? 0 : code + 1;
      }
      return;
    }
    const groups = new Map<string, number>([[held.map((c) => own[c]).join(), 0]]);
    for (let b = 0; b < background.length; b++)
      coded[b * players.length + p] = numberOf(groups, held.map((c) => codes[b * columns + c]).join());
  });
  return coded;
}

/** Map keys take -0 for 0; a model that divides does not. */
const NEGATIVE_ZERO = Symbol("-0");

function cellKey(cell: Cell): Cell | symbol {
  return Object.is(cell, -0) ? NEGATIVE_ZERO : cell;
}

/** @throws ExplainError `prediction_shape`, `prediction_not_finite` */
export function checkPrediction(values: Float64Array, expected: number): Float64Array {
  if (values.length !== expected)
    throw new ExplainError("prediction_shape", "The predictor gave another number of values than asked", {
      expected,
      given: values.length,
    });
  // A loop, since a callback a value costs as much as naming the rows.
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i]))
      throw new ExplainError("prediction_not_finite", "The predictor gave a value that is not finite");
  return values;
}

/** @throws ExplainError `empty_background`, `invalid_shape`, `invalid_players` */
export function checkShape(game: Game): void {
  const columns = game.row.length;
  if (game.background.length === 0) throw new ExplainError("empty_background", "The background holds no row");
  if (game.background.some((row) => row.length !== columns))
    throw new ExplainError("invalid_shape", "A background row is not as wide as the explained row");
  if (!Number.isSafeInteger(game.outputs) || game.outputs < 1)
    throw new ExplainError("invalid_shape", "A game has one output or more");
  const named = game.players.flatMap((player) => player.columns);
  const valid = named.every((c) => Number.isSafeInteger(c) && c >= 0 && c < columns);
  if (!valid || named.length !== columns || new Set(named).size !== columns || columns === 0)
    throw new ExplainError("invalid_players", "The players must hold every column exactly once");
  if (game.players.some((player) => player.columns.length === 0))
    throw new ExplainError("invalid_players", "A player holds no column");
}
