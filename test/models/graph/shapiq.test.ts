import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ClosedForm } from "../../../src/explain/closed-form.ts";
import { read, structureOf } from "./games.ts";

/** Written by test/bench/explain/peers/fixtures.py from the same files with shapiq 1.8.0. */
const written = readFileSync(new URL("fixtures/shapiq.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as { name: string; output: number; attributions: number[][] });

describe("attributions on the margin are those of shapiq 1.8.0 on the same trees and tensor", () => {
  test.each(written)("$name", ({ name, output, attributions }) => {
    const { reading, players, background, rows } = read(name);
    const structure = structureOf(reading);
    const outputs = structure.shift.length;
    for (const maxTableBytes of [2 ** 26, 0]) {
      const closedForm = new ClosedForm(structure, { players, background }, { maxTableBytes });
      const together = closedForm.explainRows(rows, "margin").attributions;
      expect(attributions.flat().some((value) => Math.abs(value) > 0.01)).toBe(true);
      attributions.forEach((expected, r) => {
        const alone = closedForm.explain(rows[r]!, "margin").attributions;
        expected.forEach((value, p) => {
          const given = alone[p * outputs + output]!;
          expect(together[(r * players.length + p) * outputs + output]).toBe(given);
          expect(Math.abs(given - value)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(value)));
        });
      });
    }
  });
});
