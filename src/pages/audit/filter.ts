import type { AuditFilter } from "../deps.ts";

export const FILTER_FIELDS = ["model", "version", "outcome", "from", "to"] as const;
export type FilterField = (typeof FILTER_FIELDS)[number];

/** A real day: 2026-02-30 rolls over in Date and is none. */
function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

/**
 * Reads the list's GET form. Empty fields are no filter.
 * @returns the filter, or the fields that cannot be used
 */
export function readFilter(typed: Record<FilterField, string>): {
  filter: AuditFilter;
  wrong: FilterField[];
} {
  const filter: AuditFilter = {};
  const wrong: FilterField[] = [];
  for (const field of ["model", "outcome"] as const) {
    if (typed[field] !== "") filter[field] = typed[field].slice(0, 100);
  }
  if (typed.version !== "") {
    if (/^[1-9]\d{0,8}$/.test(typed.version)) filter.version = Number(typed.version);
    else wrong.push("version");
  }
  for (const field of ["from", "to"] as const) {
    if (typed[field] === "") continue;
    if (isDay(typed[field])) filter[field] = typed[field];
    else wrong.push(field);
  }
  return { filter, wrong };
}
