/** Random trees over codes, and scores to test with. */
import type { Axis, Tree, TreeScores } from "../../../src/explain/structure.ts";

/** Axis a reads raw column a: a code is the cell itself, an integer in [0, codes). */
export function axes(count: number, codes: number): Axis[] {
  return Array.from({ length: count }, (_, a) => ({
    sources: [a],
    codes,
    code: (row) => row[a] as number,
  }));
}

export function randomTree(
  draw: () => number,
  { axes: count, codes, depth, targets }: { axes: number; codes: number; depth: number; targets: number[] },
): Tree {
  const axis: number[] = [];
  const [low, high, yes, no, leaf]: number[][] = [[], [], [], [], []];
  const sets = new Map<number, Uint8Array>();
  const values: number[] = [];
  const below = (n: number) => Math.floor(draw() * n);
  const grow = (level: number): number => {
    const node = axis.length;
    for (const list of [axis, low!, high!, yes!, no!, leaf!]) list.push(-1);
    if (level === depth || draw() < 0.15) {
      leaf![node] = values.length / targets.length;
      for (const _ of targets) values.push(draw() - 0.5);
      return node;
    }
    axis[node] = below(count);
    // Cuts, intervals, single codes and sets that are no interval, as categories and missing values make them.
    const from = below(codes);
    low![node] = draw() < 0.5 ? 0 : from;
    high![node] = Math.min(codes, from + 1 + below(codes - 1));
    if (draw() < 0.25)
      sets.set(
        node,
        Uint8Array.from({ length: codes }, () => below(2)),
      );
    yes![node] = grow(level + 1);
    no![node] = grow(level + 1);
    return node;
  };
  grow(0);
  const ints = (list: number[]) => Int32Array.from(list);
  return {
    axis: ints(axis),
    low: ints(low!),
    high: ints(high!),
    yes: ints(yes!),
    no: ints(no!),
    leaf: ints(leaf!),
    sets,
    targets,
    values: Float64Array.from(values),
  };
}

export function randomForest(
  draw: () => number,
  shape: { axes: number; codes: number; depth: number; trees: number; scores: number },
): TreeScores {
  const trees = Array.from({ length: shape.trees }, (_, t) => {
    const every = Array.from({ length: shape.scores }, (_, k) => k);
    // Some trees add to one score, as boosting for several classes does, some to all, as forests do.
    return randomTree(draw, { ...shape, targets: t % 2 === 0 ? every : [t % shape.scores] });
  });
  return { kind: "trees", axes: axes(shape.axes, shape.codes), trees, bias: every(shape.scores, draw) };
}

function every(count: number, draw: () => number): number[] {
  return Array.from({ length: count }, draw);
}
