import { type Command, Option } from "commander";
import { countIn, type ExplainCommandOptions, seedIn, shareIn } from "./explain-options.ts";

const AFTER_HELP = `
Both tables are CSV: commas, UTF-8, the first line names the columns, which may stand in another order in each. A model with
one input a column finds them by name; a matrix takes them in the background's order. An empty cell is a missing value.
--json prints one object a row: base, output, attributions, standardErrors, intervals, method, modelRows, seed. Where a row
cannot be explained its object says {"ok": false, "code", "row", "message"}, the next row follows, and the exit code is 1.`;

/** `motivo explain`: attributions for the rows of a table, of any ONNX model. */
export function declareExplain(program: Command): void {
  const link = new Option(
    "--link <scale>",
    "the model's output, its score before the last function, or log odds",
  )
    .choices(["identity", "margin", "logit"])
    .default("identity");
  const method = new Option("--method <method>", "exact refuses where nothing exact is feasible")
    .choices(["auto", "exact", "permutation"])
    .default("auto");
  const seed = new Option("--seed <n>", "an integer, or the 32 hexadecimal digits of a decision")
    .argParser(seedIn)
    .default(0);
  program
    .command("explain")
    .description("what each feature adds to an ONNX model's output, row by row")
    .requiredOption("--model <file>", "an ONNX model over a table")
    .requiredOption("--background <file>", "the rows that features are compared against")
    .requiredOption("--rows <file>", "the rows to explain; - is stdin")
    .option("--class <class>", "the class to explain, by name or number (default: the last)")
    .addOption(link)
    .addOption(method)
    .addOption(seed)
    .option(
      "--tolerance <t>",
      "largest standard error / (max - min of the attributions) (default: 0.02)",
      shareIn,
    )
    .option("--max-model-rows <n>", "most different rows that the model evaluates for one row", countIn)
    .option("--json", "one JSON object a row")
    .addHelpText("after", AFTER_HELP)
    .action(async (options: ExplainCommandOptions) => {
      const { explainRows } = await import("./explain-rows.ts");
      await explainRows(options);
    });
}
