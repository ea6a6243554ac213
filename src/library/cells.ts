import type { Cell } from "../explain/game.ts";
import type { ElementType } from "../models/onnx.ts";

/** Why a value is no cell of a column; the words go behind the column's name. */
export class CellFault {
  readonly rule: string;

  constructor(rule: string) {
    this.rule = rule;
  }
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * A field of a CSV file as a cell. Empty is missing: NaN, or the empty string where the model takes text; whole
 * numbers have no missing value. Every other text is itself, "None" and "NA" too: which words stand for nothing is
 * known to whoever wrote the file, and to nobody else.
 */
export function readCell(element: ElementType, text: string): Cell | CellFault {
  if (element === "string") return checked(element, text);
  const trimmed = text.trim();
  if (trimmed === "" || /^nan$/i.test(trimmed)) return checked(element, Number.NaN);
  if (!NUMBER.test(trimmed)) return new CellFault("holds text where the model takes a number");
  return checked(element, Number(trimmed));
}

/** A value of a program as a cell; null is missing. */
export function takeCell(element: ElementType, value: unknown): Cell | CellFault {
  if (value === null) return checked(element, element === "string" ? "" : Number.NaN);
  return checked(element, value);
}

const WHOLE: Partial<Record<ElementType, number>> = { int32: 2 ** 31 - 1, int64: Number.MAX_SAFE_INTEGER };

function checked(element: ElementType, value: unknown): Cell | CellFault {
  if (element === "string") {
    if (typeof value !== "string") return new CellFault("is no text, which the model takes there");
    // A lone surrogate has no UTF-8 form, and a NUL ends a string inside the model's runtime.
    if (!value.isWellFormed() || value.includes("\0")) return new CellFault("is no well-formed text");
    return value;
  }
  if (typeof value !== "number") return new CellFault("is no number, which the model takes there");
  const most = WHOLE[element];
  if (most !== undefined && Number.isNaN(value))
    return new CellFault("is empty, and whole numbers have no missing value");
  if (most !== undefined && !Number.isInteger(value)) return new CellFault("is no whole number");
  if (Math.abs(value) > (most ?? Number.MAX_VALUE)) return new CellFault("is larger than the model can hold");
  return value;
}
