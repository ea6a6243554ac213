import { type Command, Option } from "commander";
import { countIn, seedIn } from "./explain-options.ts";
import type { ImportanceCommandOptions } from "./importance-options.ts";

const AFTER_HELP = `
Two figures a feature, each with a 95 % interval: how much the loss against the target rises (without a target: how much the
output moves) when the feature's values change places among the rows, and the mean magnitude of its attributions.`;

/** `motivo importance`: what counts for an ONNX model over a table. */
export function declareImportance(program: Command): void {
  const link = new Option("--link <scale>", "the scale of the attributions")
    .choices(["identity", "margin", "logit"])
    .default("identity");
  const seed = new Option("--seed <n>", "an integer, or 32 hexadecimal digits").argParser(seedIn).default(0);
  program
    .command("importance")
    .description("what counts for an ONNX model over a table: permutation importance, mean attributions")
    .requiredOption("--model <file>", "an ONNX model over a table")
    .requiredOption("--background <file>", "the rows that features are compared against")
    .requiredOption("--rows <file>", "the rows to look at, two at least; - is stdin")
    .option("--target <column>", "the column of the rows that holds what each should have been")
    .option("--class <class>", "the class, by name or number (default: the last)")
    .option("--repeats <n>", "how often each feature's values change places", countIn, 10)
    .addOption(link)
    .addOption(seed)
    .option("--json", "answer with one JSON object")
    .addHelpText("after", AFTER_HELP)
    .action(async (options: ImportanceCommandOptions) => {
      const { tellImportance } = await import("./importance-table.ts");
      await tellImportance(options);
    });
}
