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
  readonly #words: number;
  /** For each node the background rows that go to `yes`; empty where no walked leaf lies below. */
  readonly #yesRows: readonly Uint32Array[];
  /** 1 where a walked leaf lies at or below the node. */
  readonly #leads: Uint8Array;
  readonly #depth: number;
  readonly #shares: { inside: Float64Array; outside: Float64Array };

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
    this.#words = Math.ceil(weights.length / 32);
    this.#leads = new Uint8Array(tree.axis.length);
    let depth = 0;
    const mark = (node: number, level: number): boolean => {
      depth = Math.max(depth, level);
      let leads = walked.has(node);
      if (tree.axis[node]! >= 0) {
        const left = mark(tree.yes[node]!, level + 1);
        leads = mark(tree.no[node]!, level + 1) || left;
      }
      this.#leads[node] = leads ? 1 : 0;
      return leads;
    };
    mark(0, 0);
    this.#depth = depth;
    this.#shares = shareTables(depth);
    this.#yesRows = Array.from(tree.axis, (axis, node) => {
      if (axis < 0 || this.#leads[node] === 0) return new Uint32Array(0);
      const rows = new Uint32Array(this.#words);
      for (let b = 0; b < weights.length; b++)
        if (goesToYes(tree, node, codes[b * axes + axis]!)) rows[b >>> 5]! |= 1 << (b & 31);
      return rows;
    });
  }

  get bytes(): number {
    return this.#yesRows.reduce((sum, rows) => sum + rows.byteLength, 0);
  }

  /** Adds to players × scores. @param codes the explained row's, one an axis */
  add(codes: Uint32Array, into: Float64Array, scores: number): void {
    const words = this.#words;
    const everyRow = new Uint32Array(words).fill(0xffffffff);
    const spare = this.#weights.length & 31;
    if (spare !== 0) everyRow[words - 1] = (1 << spare) - 1;
    /** Rows that fulfil all of a player's conditions so far, and how many of them the explained row does not. */
    const path = new Map<number, { fulfilled: Uint32Array; failures: number }>();

    const visit = (node: number, alive: Uint32Array): void => {
      const axis = this.#tree.axis[node]!;
      if (axis < 0) {
        this.#settle(node, alive, path, into, scores);
        return;
      }
      const owner = this.#owners[axis]!;
      const goes = goesToYes(this.#tree, node, codes[axis]!);
      const before = path.get(owner);
      for (const yes of [true, false]) {
        const child = yes ? this.#tree.yes[node]! : this.#tree.no[node]!;
        if (this.#leads[child] === 0) continue;
        const yesRows = this.#yesRows[node]!;
        const fulfilled = new Uint32Array(words);
        const still = new Uint32Array(words);
        const failures = (before?.failures ?? 0) + (goes === yes ? 0 : 1);
        let any = 0;
        for (let w = 0; w < words; w++) {
          const rows = yes ? yesRows[w]! : ~yesRows[w]!;
          fulfilled[w] = (before === undefined ? everyRow[w]! : before.fulfilled[w]!) & rows;
          still[w] = failures > 0 ? alive[w]! & fulfilled[w]! : alive[w]!;
          any |= still[w]!;
        }
        if (any === 0) continue;
        path.set(owner, { fulfilled, failures });
        visit(child, still);
      }
      if (before === undefined) path.delete(owner);
      else path.set(owner, before);
    };
    visit(0, everyRow);
  }

  #settle(
    node: number,
    alive: Uint32Array,
    path: ReadonlyMap<number, { fulfilled: Uint32Array; failures: number }>,
    into: Float64Array,
    scores: number,
  ): void {
    const rows: number[] = [];
    alive.forEach((word, w) => {
      for (let bits = word; bits !== 0; bits &= bits - 1) rows.push(w * 32 + 31 - Math.clz32(bits & -bits));
    });
    const players = [...path];
    const outside = players.filter(([, { failures }]) => failures > 0);
    const others = players.filter(([, { failures }]) => failures === 0);
    const holds = (set: Uint32Array, row: number) => (set[row >>> 5]! >>> (row & 31)) & 1;
    const b = outside.length;
    const width = this.#depth + 1;
    const { targets, values } = this.#tree;
    const from = this.#tree.leaf[node]! * targets.length;
    const give = (player: number, share: number) =>
      targets.forEach((score, t) => {
        into[player * scores + score]! += share * values[from + t]!;
      });

    const gains = new Float64Array(others.length);
    let loses = 0;
    for (const row of rows) {
      const weight = this.#weights[row]!;
      let a = 0;
      for (const [, { fulfilled }] of others) if (holds(fulfilled, row) === 0) a++;
      if (b > 0) loses += weight * this.#shares.outside[a * width + b]!;
      if (a === 0) continue;
      const share = weight * this.#shares.inside[a * width + b]!;
      others.forEach(([, { fulfilled }], i) => {
        if (holds(fulfilled, row) === 0) gains[i]! += share;
      });
    }
    for (const [player] of outside) give(player, loses);
    others.forEach(([player], i) => {
      give(player, gains[i]!);
    });
  }
}
