import type { Operator } from "./operators.ts";

export type Comparison = "LEQ" | "LT" | "GTE" | "GT" | "EQ" | "NEQ" | "MEMBER";

/** A test of one column, or a leaf. */
export interface WrittenNode {
  column: number;
  comparison: Comparison;
  threshold: number;
  members: readonly number[];
  /** A missing value goes to `yes`, whatever the comparison says. */
  missingToYes: boolean;
  yes: number;
  no: number;
  /** Set at a leaf, which tests nothing: what it adds, by target. */
  adds: readonly (readonly [target: number, weight: number])[] | undefined;
}

/** Trees as an operator writes them; the first node of each is its root. */
export interface WrittenTrees {
  trees: readonly (readonly WrittenNode[])[];
  targets: number;
  /** As written: none, one, or one a target. */
  base: readonly number[];
  aggregate: string;
  post: string;
  /** For a classifier, the number of class labels. */
  labels: number | undefined;
  /** Thresholds are doubles, so that they are not to be rounded to float32. */
  double: boolean;
}

/** Why an ensemble is not read. */
export class UnreadTrees extends Error {}

/** `TreeEnsembleClassifier` and `TreeEnsembleRegressor`, ai.onnx.ml 1 to 3. @throws UnreadTrees */
export function readTreeEnsemble(operator: Operator): WrittenTrees {
  const classifier = operator.type === "TreeEnsembleClassifier";
  const prefix = classifier ? "class" : "target";
  const treeIds = operator.ints("nodes_treeids");
  const nodeIds = operator.ints("nodes_nodeids");
  const columns = operator.ints("nodes_featureids");
  const modes = operator.strings("nodes_modes");
  const values = operator.numbers("nodes_values");
  const yes = operator.ints("nodes_truenodeids");
  const no = operator.ints("nodes_falsenodeids");
  const missing = operator.ints("nodes_missing_value_tracks_true");
  const place = new Map<string, { tree: number; index: number }>();
  const numbers = new Map<number, number>();
  const counts: number[] = [];
  nodeIds.forEach((id, n) => {
    const tree = numbers.get(treeIds[n]!) ?? numbers.size;
    numbers.set(treeIds[n]!, tree);
    const index = counts[tree] ?? 0;
    counts[tree] = index + 1;
    place.set(`${treeIds[n]}/${id}`, { tree, index });
  });
  const at = (tree: number, id: number) => {
    const found = place.get(`${tree}/${id}`);
    if (found === undefined) throw new UnreadTrees("a tree names a node that is not there");
    return found;
  };

  const adds = counts.map((count) => Array.from({ length: count }, (): [number, number][] => []));
  const leafTrees = operator.ints(`${prefix}_treeids`);
  const leafNodes = operator.ints(`${prefix}_nodeids`);
  const targets = operator.ints(`${prefix}_ids`);
  const weights = operator.numbers(`${prefix}_weights`);
  leafTrees.forEach((tree, i) => {
    const { tree: t, index } = at(tree, leafNodes[i]!);
    adds[t]![index]!.push([targets[i]!, weights.cells[i]!]);
  });
  const trees = counts.map((count) => new Array<WrittenNode>(count));
  nodeIds.forEach((id, n) => {
    const { tree, index } = at(treeIds[n]!, id);
    const leaf = modes[n] === "LEAF";
    trees[tree]![index] = {
      column: columns[n]!,
      comparison: leaf ? "LEQ" : comparisonOf(modes[n]!),
      threshold: values.cells[n]!,
      members: [],
      missingToYes: missing[n] === 1,
      yes: leaf ? -1 : at(treeIds[n]!, yes[n]!).index,
      no: leaf ? -1 : at(treeIds[n]!, no[n]!).index,
      adds: leaf ? adds[tree]![index] : undefined,
    };
  });
  const labels = classifier
    ? operator.strings("classlabels_strings").length || operator.ints("classlabels_int64s").length
    : undefined;
  return {
    trees: trees.map(rootFirst),
    targets: labels ?? operator.int("n_targets", 1),
    base: operator.numbers("base_values").cells,
    aggregate: operator.string("aggregate_function", "SUM"),
    post: operator.string("post_transform", "NONE"),
    labels,
    double: values.double,
  };
}

function comparisonOf(mode: string): Comparison {
  const known = /^BRANCH_(LEQ|LT|GTE|GT|EQ|NEQ)$/.exec(mode);
  if (known === null) throw new UnreadTrees("a tree compares in an unknown way");
  return known[1] as Comparison;
}

/** Exporters write roots first, the operator does not demand it: the root is the node that no other names. */
function rootFirst(nodes: WrittenNode[]): WrittenNode[] {
  const named = new Set(nodes.flatMap(({ yes, no, adds }) => (adds === undefined ? [yes, no] : [])));
  const root = nodes.findIndex((_, i) => !named.has(i));
  if (root === -1) throw new UnreadTrees("a tree has no root");
  if (root === 0) return nodes;
  const moved = (i: number) => (i === root ? 0 : i === 0 ? root : i);
  const swapped = nodes.map((node) =>
    node.adds === undefined ? { ...node, yes: moved(node.yes), no: moved(node.no) } : node,
  );
  return swapped.map((_, i) => swapped[moved(i)]!);
}

const COMPARISONS: readonly Comparison[] = ["LEQ", "LT", "GTE", "GT", "EQ", "NEQ", "MEMBER"];
const AGGREGATES = ["AVERAGE", "SUM", "MIN", "MAX"];
const POSTS = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"];

/** `TreeEnsemble`, ai.onnx.ml 5. @throws UnreadTrees */
export function readTreeEnsemble5(operator: Operator): WrittenTrees {
  const splits = operator.numbers("nodes_splits");
  const columns = operator.ints("nodes_featureids");
  const modes = operator.tensor("nodes_modes")?.cells ?? [];
  const missing = operator.ints("nodes_missing_value_tracks_true");
  const branches = (side: "true" | "false") => ({
    ids: operator.ints(`nodes_${side}nodeids`),
    leaves: operator.ints(`nodes_${side}leafs`),
  });
  const [yes, no] = [branches("true"), branches("false")];
  const leafTargets = operator.ints("leaf_targetids");
  const leafWeights = operator.numbers("leaf_weights").cells;
  const members = memberSets(modes, operator.numbers("membership_values").cells);

  const tree = (root: number): WrittenNode[] => {
    const nodes: WrittenNode[] = [];
    const visit = (id: number, isLeaf: boolean): number => {
      const index = nodes.length;
      if (nodes.length > 2 * columns.length + 2) throw new UnreadTrees("a tree has a cycle");
      const node: WrittenNode = {
        column: isLeaf ? 0 : columns[id]!,
        comparison: isLeaf ? "LEQ" : COMPARISONS[modes[id] as number]!,
        threshold: isLeaf ? 0 : splits.cells[id]!,
        members: isLeaf ? [] : (members.get(id) ?? []),
        missingToYes: !isLeaf && missing[id] === 1,
        yes: -1,
        no: -1,
        adds: isLeaf ? [[leafTargets[id]!, leafWeights[id]!]] : undefined,
      };
      nodes.push(node);
      if (isLeaf) return index;
      node.yes = visit(yes.ids[id]!, yes.leaves[id] === 1);
      node.no = visit(no.ids[id]!, no.leaves[id] === 1);
      return index;
    };
    // A tree of one leaf is written as a node both of whose branches are that leaf.
    visit(root, false);
    return nodes;
  };
  return {
    trees: operator.ints("tree_roots").map(tree),
    targets: operator.int("n_targets", 1),
    base: [],
    aggregate: AGGREGATES[operator.int("aggregate_function", 1)] ?? "",
    post: POSTS[operator.int("post_transform", 0)] ?? "",
    labels: undefined,
    double: splits.double,
  };
}

/** One list for each node that tests membership, in the order of the nodes, each ended by NaN. */
function memberSets(modes: readonly (number | string)[], values: readonly number[]): Map<number, number[]> {
  const sets = new Map<number, number[]>();
  let at = 0;
  modes.forEach((mode, node) => {
    if (COMPARISONS[mode as number] !== "MEMBER") return;
    const end = values.findIndex((value, i) => i >= at && Number.isNaN(value));
    const stop = end === -1 ? values.length : end;
    sets.set(node, values.slice(at, stop));
    at = stop + 1;
  });
  return sets;
}
