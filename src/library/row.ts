import type { Cell } from "../explain/game.ts";

/** A row of a program: values in the features' order, or by name. `null` is missing. */
export type Row = readonly (Cell | null)[] | Readonly<Record<string, Cell | null>>;
