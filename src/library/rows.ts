import type { Cell, Player } from "../explain/game.ts";
import { CellFault, takeCell } from "./cells.ts";
import type { ModelColumn } from "./columns.ts";
import { InputError, listed } from "./input-error.ts";
import type { Row } from "./row.ts";

/**
 * @param what the row is called in a refusal
 * @throws InputError `column_missing`, `column_unknown`, `cell_invalid`
 */
export function takeRow(columns: readonly ModelColumn[], row: Row, what: string): Cell[] {
  const values = valuesOf(columns, row, what);
  return columns.map(({ name, element }, c) => {
    const cell = takeCell(element, values[c]);
    if (!(cell instanceof CellFault)) return cell;
    throw new InputError("cell_invalid", `${what}: "${name}" ${cell.rule}.`);
  });
}

function valuesOf(columns: readonly { name: string }[], row: Row, what: string): readonly unknown[] {
  if (Array.isArray(row)) {
    if (row.length === columns.length) return row;
    const code = row.length < columns.length ? "column_missing" : "column_unknown";
    throw new InputError(code, `${what} has ${row.length} cells, and there are ${columns.length} features.`);
  }
  const absent = columns.filter(({ name }) => !Object.hasOwn(row, name));
  if (absent.length > 0)
    throw new InputError("column_missing", `${what} lacks ${listed(absent.map(({ name }) => name))}.`);
  const known = new Set(columns.map(({ name }) => name));
  const foreign = Object.keys(row).filter((name) => !known.has(name));
  if (foreign.length > 0)
    throw new InputError("column_unknown", `${what} has ${listed(foreign)}, which is no feature.`);
  return columns.map(({ name }) => Reflect.get(row, name));
}

/** The names that a background says itself: the keys of its rows. */
export function namesOfRows(rows: readonly Row[]): string[] | undefined {
  const [first] = rows;
  return first === undefined || Array.isArray(first) ? undefined : Object.keys(first);
}

/**
 * Features, some of which move together as one player, in the place of the group's first.
 * @throws InputError `group_invalid`
 */
export function playersOf(
  features: readonly string[],
  groups: Readonly<Record<string, readonly string[]>> = {},
): Player[] {
  const groupOf = new Map<string, string>();
  for (const [group, members] of Object.entries(groups)) {
    if (features.includes(group) && !members.includes(group))
      throw new InputError("group_invalid", `The group "${group}" is called as a feature outside it.`);
    for (const member of members) {
      if (!features.includes(member) || groupOf.has(member))
        throw new InputError("group_invalid", `"${member}" is no feature, or in two groups.`);
      groupOf.set(member, group);
    }
  }
  const players = new Map<string, number[]>();
  features.forEach((feature, column) => {
    const name = groupOf.get(feature) ?? feature;
    players.set(name, [...(players.get(name) ?? []), column]);
  });
  return [...players].map(([name, columns]) => ({ name, columns }));
}
