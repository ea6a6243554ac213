import { ExplainError } from "./errors.ts";
import type { Cell } from "./game.ts";
import { checkPrediction } from "./hybrids.ts";
import type { Reachable } from "./reachable.ts";

/** Part of what is recorded about a search: another number, other answers. */
export const COUNTERFACTUAL_VERSION = "counterfactuals/1";

/** Model rows that a search may take. */
export const DEFAULT_COUNTERFACTUAL_ROWS = 5_000;
const MOST_FOUND = 3;
const ROWS_A_CALL = 256;
/** Combinations kept from one number of changes to the next, once not all of them are tried. */
const BEAM = 8;
/** Values tried a feature then, the cheapest and the dearest among them. */
const BEAM_OPTIONS = 12;
/** What pairs may take of the budget, so that something is left for more changes at once. */
const SHARE_OF_PAIRS = 0.7;

export interface CounterfactualSearch {
  row: readonly Cell[];
  reachable: readonly Reachable[];
  /** → rows × outputs, row-major */
  predict(rows: readonly (readonly Cell[])[]): Promise<Float64Array>;
  outputs: number;
  /** Of one row's outputs: whether the outcome is the wanted one, and how near to it they are, the higher the nearer. */
  judge(outputs: Float64Array): { wanted: boolean; nearness: number };
  maxModelRows?: number;
  /** Alternatives to be found at most. */
  most?: number;
}

export interface Counterfactual {
  /** In the order of the columns. */
  changes: { column: number; from: Cell; to: Cell }[];
  /** Sum of the changes' costs. */
  cost: number;
  /** What the model gives for the changed row. */
  outputs: Float64Array;
}

export interface Counterfactuals {
  /** Fewest changes first, then cheapest. No two change the same columns. */
  found: Counterfactual[];
  /** Whether every combination of the values was looked at, so that an empty list means that there is none. */
  exhaustive: boolean;
  modelRows: number;
}

/** A choice of options: for each changed feature (by its place in `reachable`, ascending) which option. */
interface Choice {
  features: readonly number[];
  options: readonly number[];
  cost: number;
}

interface Judged extends Choice {
  wanted: boolean;
  nearness: number;
  outputs: Float64Array;
}

const byCost = (a: Choice, b: Choice) =>
  a.cost - b.cost || comparePlaces(a.features, b.features) || comparePlaces(a.options, b.options);

function comparePlaces(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

/** The least of many first. */
class Heap<Item> {
  readonly #items: Item[] = [];
  readonly #compare: (a: Item, b: Item) => number;

  constructor(compare: (a: Item, b: Item) => number) {
    this.#compare = compare;
  }

  push(item: Item): void {
    const items = this.#items;
    let i = items.push(item) - 1;
    for (let parent = (i - 1) >> 1; i > 0 && this.#compare(item, items[parent]!) < 0; parent = (i - 1) >> 1) {
      items[i] = items[parent]!;
      i = parent;
    }
    items[i] = item;
  }

  pop(): Item | undefined {
    const items = this.#items;
    const least = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return least;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.#compare(items[child + 1]!, items[child]!) < 0) child += 1;
      if (this.#compare(items[child]!, last) >= 0) break;
      items[i] = items[child]!;
      i = child;
    }
    items[i] = last;
    return least;
  }
}

function* sets(count: number, size: number, from = 0): Generator<number[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let first = from; first <= count - size; first++)
    for (const rest of sets(count, size - 1, first + 1)) yield [first, ...rest];
}

/** Every choice of `size` features, cheapest first, made one at a time: there may be millions. */
function* cheapestFirst(reachable: readonly Reachable[], size: number): Generator<Choice> {
  const heap = new Heap<Choice>(byCost);
  const push = (features: readonly number[], options: readonly number[]) =>
    heap.push({
      features,
      options,
      cost: options.reduce((sum, option, i) => sum + reachable[features[i]!]!.options[option]!.cost, 0),
    });
  for (const features of sets(reachable.length, size)) push(features, new Array<number>(size).fill(0));
  for (let choice = heap.pop(); choice !== undefined; choice = heap.pop()) {
    yield choice;
    const { features, options } = choice;
    // Each choice has one that it follows from: the last feature that is off its first option, one step back.
    const last = options.findLastIndex((option) => option > 0);
    for (let i = Math.max(last, 0); i < size; i++) {
      const next = options[i]! + 1;
      if (next < reachable[features[i]!]!.options.length) push(features, options.with(i, next));
    }
  }
}

const combinations = (reachable: readonly Reachable[]): number =>
  reachable.reduce((product, { options }) => product * (options.length + 1), 1) - 1;

class Search {
  readonly #given: CounterfactualSearch;
  readonly #budget: number;
  modelRows = 0;

  constructor(given: CounterfactualSearch) {
    this.#given = given;
    this.#budget = given.maxModelRows ?? DEFAULT_COUNTERFACTUAL_ROWS;
  }

  get left(): number {
    return this.#budget - this.modelRows;
  }

  rowOf({ features, options }: Choice): Cell[] {
    const { row, reachable } = this.#given;
    const changed = [...row];
    features.forEach((feature, i) => {
      const { column, options: own } = reachable[feature]!;
      changed[column] = own[options[i]!]!.cell;
    });
    return changed;
  }

  /** As many as the budget still has. @throws ExplainError prediction_shape, prediction_not_finite */
  async judge(choices: readonly Choice[]): Promise<Judged[]> {
    const { outputs, predict, judge } = this.#given;
    const asked = choices.slice(0, Math.max(0, this.left));
    if (asked.length === 0) return [];
    this.modelRows += asked.length;
    const values = checkPrediction(
      await predict(asked.map((choice) => this.rowOf(choice))),
      asked.length * outputs,
    );
    return asked.map((choice, i) => {
      const own = values.slice(i * outputs, (i + 1) * outputs);
      return { ...choice, ...judge(own), outputs: own };
    });
  }
}

const isSubset = (some: readonly number[], all: readonly number[]) =>
  some.every((feature) => all.includes(feature));

/** Nothing that changes the same features, and nothing that changes more of them without being cheaper. */
const adds = (found: readonly Judged[], { features, cost }: Choice): boolean =>
  !found.some(
    (one) =>
      isSubset(one.features, features) && (one.features.length === features.length || one.cost <= cost),
  );

/**
 * Choices of `size` features, cheapest first, until there are enough, or the rows that it may take are used up.
 * @returns whether none was left out that could still have been added, and the ones nearest to the wanted outcome
 */
async function tryAll(
  search: Search,
  reachable: readonly Reachable[],
  size: number,
  found: Judged[],
  { most, rows }: { most: number; rows: number },
): Promise<{ all: boolean; nearest: Judged[] }> {
  const until = search.modelRows + Math.min(rows, search.left);
  const nearest: Judged[] = [];
  let batch: Choice[] = [];
  const judge = async () => {
    for (const one of await search.judge(batch)) {
      if (one.wanted) {
        if (found.length < most && adds(found, one)) found.push(one);
      } else nearest.push(one);
    }
    batch = [];
    nearest.sort((a, b) => b.nearness - a.nearness || byCost(a, b));
    nearest.splice(4 * BEAM);
  };
  for (const choice of cheapestFirst(reachable, size)) {
    if (!adds(found, choice)) continue;
    if (search.modelRows + batch.length >= until) {
      await judge();
      return { all: found.length >= most, nearest };
    }
    batch.push(choice);
    if (batch.length < ROWS_A_CALL) continue;
    await judge();
    if (found.length >= most) return { all: true, nearest };
  }
  await judge();
  return { all: true, nearest };
}

/** The best of each set of features first, so that the beam does not hold one idea eight times. */
function widest(nearest: readonly Judged[]): Judged[] {
  const sorted = nearest.toSorted((a, b) => b.nearness - a.nearness || byCost(a, b));
  const seen = new Set<string>();
  const first = sorted.filter(({ features }) => {
    const key = features.join();
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  return [...first, ...sorted.filter((one) => !first.includes(one))].slice(0, BEAM);
}

function thinned(count: number): number[] {
  if (count <= BEAM_OPTIONS) return Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: BEAM_OPTIONS }, (_, i) => Math.round((i * (count - 1)) / (BEAM_OPTIONS - 1)));
}

function extended(reachable: readonly Reachable[], beam: readonly Judged[]): Choice[] {
  const made = new Map<string, Choice>();
  for (const { features, options, cost } of beam) {
    for (const [feature, { options: own }] of reachable.entries()) {
      if (features.includes(feature)) continue;
      const at = features.filter((one) => one < feature).length;
      for (const option of thinned(own.length)) {
        const choice: Choice = {
          features: features.toSpliced(at, 0, feature),
          options: options.toSpliced(at, 0, option),
          cost: cost + own[option]!.cost,
        };
        made.set(`${choice.features} ${choice.options}`, choice);
      }
    }
  }
  return [...made.values()].sort(byCost);
}

/** Each feature brought back as far as the outcome allows, one after the other, to nothing at best. */
async function brought(search: Search, reachable: readonly Reachable[], from: Judged): Promise<Judged> {
  let best = from;
  for (const feature of from.features) {
    const at = best.features.indexOf(feature);
    const { options: own } = reachable[feature]!;
    const costAt = own[best.options[at]!]!.cost;
    const without: Choice[] =
      best.features.length > 1
        ? [
            {
              features: best.features.toSpliced(at, 1),
              options: best.options.toSpliced(at, 1),
              cost: best.cost - costAt,
            },
          ]
        : [];
    const { features, options, cost } = best;
    const cheaper = Array.from({ length: options[at]! }, (_, option) => ({
      features,
      options: options.with(at, option),
      cost: cost - costAt + own[option]!.cost,
    }));
    const tried = await search.judge([...without, ...cheaper]);
    best = tried.find(({ wanted }) => wanted) ?? best;
  }
  return best;
}

/** More than two changes at once, where not every combination can be tried: what came nearest is taken further. */
async function searchFurther(
  search: Search,
  reachable: readonly Reachable[],
  start: readonly Judged[],
  most: number,
): Promise<Judged[]> {
  let beam = widest(start);
  while (beam.length > 0 && search.left > 0) {
    const judged: Judged[] = [];
    const choices = extended(reachable, beam);
    for (let from = 0; from < choices.length && search.left > 0; from += ROWS_A_CALL)
      judged.push(...(await search.judge(choices.slice(from, from + ROWS_A_CALL))));
    const flips = judged.filter(({ wanted }) => wanted);
    if (flips.length > 0) {
      const found: Judged[] = [];
      for (const flip of flips) {
        if (found.length >= most) break;
        if (!adds(found, flip)) continue;
        const nearer = await brought(search, reachable, flip);
        if (adds(found, nearer)) found.push(nearer);
      }
      return found;
    }
    beam = widest(judged);
  }
  return [];
}

/**
 * The smallest changes that give the wanted outcome (counterfactual explanations: Wachter, Mittelstadt & Russell 2017):
 * fewest features first, then the least cost, each evaluated by the model, several of them where they change different
 * features. One and two changes are tried exhaustively and cheapest first; more of them exhaustively where the budget
 * allows, else by a beam from what came nearest, after which each change is brought back as far as it goes.
 * Nothing is left to chance: the same search finds the same.
 * @throws ExplainError invalid_option, prediction_shape, prediction_not_finite
 */
export async function findCounterfactuals(given: CounterfactualSearch): Promise<Counterfactuals> {
  const { row, reachable, most = MOST_FOUND, maxModelRows = DEFAULT_COUNTERFACTUAL_ROWS } = given;
  if (!Number.isInteger(most) || most < 1 || !Number.isInteger(maxModelRows) || maxModelRows < 1)
    throw new ExplainError("invalid_option", "most and maxModelRows must be whole numbers of 1 or more");
  const search = new Search(given);
  const found: Judged[] = [];
  const every = combinations(reachable) <= maxModelRows;
  let exhaustive = true;
  let nearest: Judged[] = [];
  const sizes = every ? reachable.length : Math.min(2, reachable.length);
  for (let size = 1; size <= sizes && found.length < most; size++) {
    // With something found already, more than two changes at once are no better advice.
    if (size > 2 && found.length > 0) break;
    const rows = size === 2 && !every ? Math.floor(SHARE_OF_PAIRS * search.left) : search.left;
    const tried = await tryAll(search, reachable, size, found, { most, rows });
    exhaustive &&= tried.all;
    nearest = [...tried.nearest, ...nearest];
  }
  if (found.length === 0 && sizes < reachable.length) {
    exhaustive = false;
    found.push(...(await searchFurther(search, reachable, nearest, most)));
  }
  found.sort((a, b) => a.features.length - b.features.length || byCost(a, b));
  const kept = found.filter((one, i) => adds(found.slice(0, i), one));
  return {
    found: kept.map(({ features, options, cost, outputs }) => ({
      changes: features
        .map((feature, i) => {
          const { column, options: own } = reachable[feature]!;
          return { column, from: row[column]!, to: own[options[i]!]!.cell };
        })
        .sort((a, b) => a.column - b.column),
      cost,
      outputs,
    })),
    exhaustive,
    modelRows: search.modelRows,
  };
}
