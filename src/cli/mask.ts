import type { Command } from "commander";
import { z } from "zod";
import { EXIT } from "./failure.ts";
import { badLine, linesOf, writeLines } from "./lines.ts";

const asked = z.object({ text: z.string() });

/** `motivo mask`: finds personal identifiers in lines of text, as the record's free text is searched. */
export function declareMask(program: Command): void {
  program
    .command("mask")
    .description("find personal identifiers in lines of text (stdin) and mask them")
    .option("--json", 'NDJSON {"text"} in, {"text", "spans": [{"start", "end", "type"}]} out')
    .action(async ({ json }: { json?: true }) => {
      await writeLines(process.stdout, json ? described() : masked());
    });
}

async function* masked(): AsyncGenerator<string> {
  const [{ findIdentifiers }, { maskSpans }] = await Promise.all([
    import("../privacy/identifiers/find.ts"),
    import("../privacy/masking.ts"),
  ]);
  for await (const line of linesOf(process.stdin)) {
    yield maskSpans(
      line,
      findIdentifiers(line).map(({ start, end }) => [start, end]),
    );
  }
}

async function* described(): AsyncGenerator<string> {
  const { findIdentifiers } = await import("../privacy/identifiers/find.ts");
  let number = 0;
  for await (const line of linesOf(process.stdin)) {
    number += 1;
    const text = textOf(line);
    if (text === null) {
      process.exitCode = EXIT.unusable;
      yield badLine(number, 'it is no JSON object with a string "text"');
    } else yield JSON.stringify({ text, spans: findIdentifiers(text) });
  }
}

/** Null for whatever is no `{"text": string}`. */
function textOf(line: string): string | null {
  try {
    return asked.parse(JSON.parse(line)).text;
  } catch {
    return null;
  }
}
