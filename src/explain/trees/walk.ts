import { goesToYes, type Tree } from "../structure.ts";
import { shareTables } from "./shares.ts";
import type { CodedBackground } from "./table.ts";

/**
 * Leaves without a table: the tree is walked with the background as a bit set. A subtree that no hybrid of the
 * explained row and a living background row reaches is skipped; at a leaf the rows still alive are counted.
 * Exact like the tables, slower, and of any depth.
 */
export class WalkedTree {
  readonly #tree: Tree;
  readonly #owners: readonly number[];
  readonly #weights: Float64Array;
  /** 32-bit words of a set of background rows. */
  readonly #words: number;
  /** nodes × words: the background rows that go to `yes`, where a walked leaf lies below. */
  readonly #yesRows: Int32Array;
  /** 1 where a walked leaf lies at or below the node. */
  readonly #leads: Uint8Array;
  readonly #width: number;
  readonly #shares: { inside: Float64Array; outside: Float64Array };

  // The walk's own state, as a stack by depth and by player; empty between two calls.
  /** depth × words: rows of which some hybrid reaches the node. */
  readonly #alive: Int32Array;
  /** depth × words: what a player's `fulfilled` was above the node. */
  readonly #saved: Int32Array;
  /** players × words: rows that fulfil all of the player's conditions on the path. */
  readonly #fulfilled: Int32Array;
  /** Conditions of each player on the path, and how many of them the explained row does not fulfil. */
  readonly #conditions: Uint16Array;
  readonly #failures: Uint16Array;
  /** Players on the path, in order of appearance. */
  readonly #path: Uint16Array;
  #pathLength = 0;
  /** Players at a leaf that some living row does not fulfil, and what they gain. */
  readonly #inside: Uint16Array;
  readonly #gains: Float64Array;
  readonly #lacks: Int32Array;
  #codes: Uint32Array = new Uint32Array(0);
  #into: Float64Array = new Float64Array(0);
  #scores = 0;

  /** @param walked nodes of the leaves that have no table */
  constructor(
    tree: Tree,
    owners: readonly number[],
    walked: ReadonlySet<number>,
    { codes, axes, weights }: CodedBackground,
  ) {
    this.#tree = tree;
    this.#owners = owners;
    this.#weights = weights;
    const words = Math.ceil(weights.length / 32);
    this.#words = words;
    this.#leads = new Uint8Array(tree.axis.length);
    const depth = this.#mark(0, 0, walked);
    this.#width = depth + 1;
    this.#shares = shareTables(depth);
    this.#yesRows = new Int32Array(tree.axis.length * words);
    tree.axis.forEach((axis, node) => {
      if (axis < 0 || this.#leads[node] === 0) return;
      for (let b = 0; b < weights.length; b++)
        if (goesToYes(tree, node, codes[b * axes + axis]!))
          this.#yesRows[node * words + (b >>> 5)]! |= 1 << (b & 31);
    });
    const players = 1 + Math.max(...owners);
    this.#alive = new Int32Array((depth + 1) * words).fill(-1, 0, words);
    if ((weights.length & 31) !== 0) this.#alive[words - 1] = (1 << (weights.length & 31)) - 1;
    this.#saved = new Int32Array((depth + 1) * words);
    this.#fulfilled = new Int32Array(players * words);
    this.#conditions = new Uint16Array(players);
    this.#failures = new Uint16Array(players);
    this.#path = new Uint16Array(depth + 1);
    this.#inside = new Uint16Array(depth + 1);
    this.#gains = new Float64Array(depth + 1);
    this.#lacks = new Int32Array(depth + 1);
  }

  get bytes(): number {
    return this.#yesRows.byteLength;
  }

  /** Adds to players × scores. @param codes the explained row's, one an axis */
  add(codes: Uint32Array, into: Float64Array, scores: number): void {
    this.#codes = codes;
    this.#into = into;
    this.#scores = scores;
    this.#visit(0, 0);
  }

  /** → the deepest level below, in edges from the root. */
  #mark(node: number, level: number, walked: ReadonlySet<number>): number {
    if (this.#tree.axis[node]! < 0) {
      this.#leads[node] = walked.has(node) ? 1 : 0;
      return level;
    }
    const [yes, no] = [this.#tree.yes[node]!, this.#tree.no[node]!];
    const deepest = Math.max(this.#mark(yes, level + 1, walked), this.#mark(no, level + 1, walked));
    this.#leads[node] = this.#leads[yes]! | this.#leads[no]!;
    return deepest;
  }

  #visit(node: number, depth: number): void {
    const axis = this.#tree.axis[node]!;
    if (axis < 0) {
      this.#settle(node, depth);
      return;
    }
    const goes = goesToYes(this.#tree, node, this.#codes[axis]!);
    const [yes, no] = [this.#tree.yes[node]!, this.#tree.no[node]!];
    const owner = this.#owners[axis]!;
    if (this.#leads[yes] === 1 && this.#enter(node, depth, owner, goes, 0)) this.#visit(yes, depth + 1);
    if (this.#leads[yes] === 1) this.#leave(depth, owner, goes);
    if (this.#leads[no] === 1 && this.#enter(node, depth, owner, !goes, -1)) this.#visit(no, depth + 1);
    if (this.#leads[no] === 1) this.#leave(depth, owner, !goes);
  }

  /** Adds a condition to the path. @returns whether a row is still alive */
  #enter(node: number, depth: number, owner: number, holds: boolean, flip: number): boolean {
    const words = this.#words;
    const fulfilled = this.#fulfilled;
    const first = this.#conditions[owner]!++ === 0;
    if (first) this.#path[this.#pathLength++] = owner;
    if (!holds) this.#failures[owner]!++;
    const bound = this.#failures[owner]! > 0;
    let any = 0;
    for (let w = 0; w < words; w++) {
      const before = first ? -1 : fulfilled[owner * words + w]!;
      this.#saved[depth * words + w] = before;
      const now = before & (this.#yesRows[node * words + w]! ^ flip);
      fulfilled[owner * words + w] = now;
      const alive = this.#alive[depth * words + w]! & (bound ? now : -1);
      this.#alive[(depth + 1) * words + w] = alive;
      any |= alive;
    }
    return any !== 0;
  }

  #leave(depth: number, owner: number, holds: boolean): void {
    const words = this.#words;
    for (let w = 0; w < words; w++) this.#fulfilled[owner * words + w] = this.#saved[depth * words + w]!;
    if (!holds) this.#failures[owner]!--;
    if (--this.#conditions[owner]! === 0) this.#pathLength--;
  }

  #settle(node: number, depth: number): void {
    const words = this.#words;
    const fulfilled = this.#fulfilled;
    const aliveFrom = depth * words;
    // Inside players are those that the explained row fulfils and some living row does not; outside players those
    // that it does not, which every living row fulfils.
    let outside = 0;
    let inside = 0;
    for (let i = 0; i < this.#pathLength; i++) {
      const player = this.#path[i]!;
      if (this.#failures[player]! > 0) {
        outside++;
        continue;
      }
      let lacking = 0;
      for (let w = 0; w < words; w++)
        lacking |= this.#alive[aliveFrom + w]! & ~fulfilled[player * words + w]!;
      if (lacking === 0) continue;
      this.#gains[inside] = 0;
      this.#inside[inside++] = player;
    }
    if (inside === 0 && outside === 0) return;

    let loses = 0;
    const [alive, weights, players, gains, lacks] = [
      this.#alive,
      this.#weights,
      this.#inside,
      this.#gains,
      this.#lacks,
    ];
    const [insideShares, outsideShares] = [this.#shares.inside, this.#shares.outside];
    const width = this.#width;
    for (let w = 0; w < words; w++) {
      const living = alive[aliveFrom + w]!;
      if (living === 0) continue;
      for (let i = 0; i < inside; i++) lacks[i] = ~fulfilled[players[i]! * words + w]!;
      for (let bits = living; bits !== 0; bits &= bits - 1) {
        const shift = 31 - Math.clz32(bits & -bits);
        const weight = weights[w * 32 + shift]!;
        let a = 0;
        for (let i = 0; i < inside; i++) a += (lacks[i]! >>> shift) & 1;
        loses += weight * outsideShares[a * width + outside]!;
        if (a === 0) continue;
        const share = weight * insideShares[a * width + outside]!;
        // No branch: which rows lack what is as good as random.
        for (let i = 0; i < inside; i++) gains[i]! += share * ((lacks[i]! >>> shift) & 1);
      }
    }
    for (let i = 0; i < inside; i++) this.#give(node, this.#inside[i]!, this.#gains[i]!);
    if (outside === 0) return;
    for (let i = 0; i < this.#pathLength; i++)
      if (this.#failures[this.#path[i]!]! > 0) this.#give(node, this.#path[i]!, loses);
  }

  #give(node: number, player: number, share: number): void {
    const { targets, values, leaf } = this.#tree;
    const from = leaf[node]! * targets.length;
    for (let t = 0; t < targets.length; t++)
      this.#into[player * this.#scores + targets[t]!]! += share * values[from + t]!;
  }
}
