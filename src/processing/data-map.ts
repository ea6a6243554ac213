import { readFileSync } from "node:fs";

/** What a place holds, what that is to a person, and what an erasure does to it. */
export interface MappedPlace {
  place: string;
  holds: string;
  is: string;
  afterErasure: string;
}

export interface MappedTable {
  /** Name of a table, or `Outside the database`. */
  name: string;
  places: MappedPlace[];
}

const PAGE = new URL("../../docs/data-map.md", import.meta.url);

const cellsOf = (line: string): string[] =>
  line
    .slice(1, -1)
    .split(" | ")
    .map((cell) => cell.trim().replace(/^`([^`]*)`$/, "$1"));

/**
 * The data map out of its page: `docs/data-map.md` is the one source, which a test holds against the tables.
 * @param page Markdown with one section a table and one row a column
 */
export function readDataMap(page: string): MappedTable[] {
  return page
    .split("\n## ")
    .slice(1)
    .map((section) => {
      const [name = "", ...lines] = section.split("\n");
      const rows = lines.filter((line) => line.startsWith("| "));
      // The first two rows are the head and its rule.
      const places = rows.slice(2).map((line): MappedPlace => {
        const [place = "", holds = "", is = "", afterErasure = ""] = cellsOf(line);
        return { place, holds, is, afterErasure };
      });
      return { name, places };
    });
}

/** The data map of this installation's version. */
export const dataMap = (): MappedTable[] => readDataMap(readFileSync(PAGE, "utf8"));
