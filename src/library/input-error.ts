/** Why a model, a table or a row cannot be used. Stable: callers map these, texts may change. */
export type InputErrorCode =
  /** A file is not there or cannot be read. */
  | "file_unreadable"
  /** The file is no ONNX model, the runtime refuses it, or it takes or gives what is no table. */
  | "model_unusable"
  /** The model gives a label alone, or several tensors of numbers of which none is clearly the answer. */
  | "output_unclear"
  /** The model has no output of that name or number. */
  | "class_unknown"
  /** No CSV (RFC 4180) in UTF-8 with equally long lines. */
  | "csv_invalid"
  /** A table without a row. */
  | "no_rows"
  /** A column is named twice. */
  | "columns_repeated"
  /** The model, or the background, has a column that is not there. */
  | "column_missing"
  /** A column is there that the model, or the background, does not have. */
  | "column_unknown"
  /** A cell is not what the model takes in that column. */
  | "cell_invalid"
  /** A group holds a feature that is not there or already in another group, or is called as a feature. */
  | "group_invalid"
  /** A target is no class of the model, or no number. */
  | "target_invalid";

/** A refusal before anything is explained. Names columns, rows and rules, never a cell's value. */
export class InputError extends Error {
  override name = "InputError";
  readonly code: InputErrorCode;

  constructor(code: InputErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** `"a", "b"` and how many more there are: a table of a thousand columns must not fill the screen. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, 8).map((name) => `"${name}"`);
  return `${shown.join(", ")}${names.length > shown.length ? ` and ${names.length - shown.length} more` : ""}`;
}
