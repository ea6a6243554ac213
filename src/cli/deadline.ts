import { type Command, InvalidArgumentError } from "commander";
import { EXIT } from "./failure.ts";
import { badLine, linesOf, writeLines } from "./lines.ts";

interface Options {
  targetDays?: number;
}

const MOST_TARGET_DAYS = 3_650;

/** `motivo deadline`: by when a data-subject request is to be answered. */
export function declareDeadline(program: Command): void {
  program
    .command("deadline")
    .description("by when data-subject requests are to be answered: NDJSON in (stdin), NDJSON out")
    .option("--json", "as it does anyway")
    .option("--target-days <count>", "the controller's own aim where the law sets no period", days)
    .action(async ({ targetDays }: Options) => {
      await writeLines(process.stdout, clocks(targetDays));
    });
}

async function* clocks(targetDays: number | undefined): AsyncGenerator<string> {
  const [{ readTimedRequest }, { deadlineOf }] = await Promise.all([
    import("../subjects/deadlines/read-request.ts"),
    import("../subjects/deadlines/deadline.ts"),
  ]);
  let number = 0;
  for await (const line of linesOf(process.stdin)) {
    number += 1;
    const read = readTimedRequest(parsed(line));
    if (typeof read === "string") {
      process.exitCode = EXIT.unusable;
      yield badLine(number, read);
      continue;
    }
    const { due, immediate, target, rule } = deadlineOf(read.request, {
      calendar: read.calendar,
      targetDays,
    });
    yield JSON.stringify({ due, immediate, target, rule });
  }
}

/** Undefined for what is no JSON. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function days(text: string): number {
  const count = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > MOST_TARGET_DAYS)
    throw new InvalidArgumentError(`It is a whole number, 1 to ${MOST_TARGET_DAYS}.`);
  return count;
}
