import { type Command, InvalidArgumentError } from "commander";
import type { Figures } from "../demo/story.ts";
import { answer } from "./answer.ts";
import { CommandError, EXIT } from "./failure.ts";

const FEWEST = 40;
const MOST = 1000;

/** `motivo demo`: the story that the README tells, played and checked. */
export function declareDemo(program: Command): void {
  program
    .command("demo")
    .description("play the whole story against a service of its own, and check every step")
    .option("--decisions <count>", `how many decisions, ${FEWEST} to ${MOST}`, decisions, 200)
    .option("--json", "the figures as one JSON object, without the narrative")
    .action(({ decisions, json }: { decisions: number; json?: true }) => demo(decisions, json === true));
}

async function demo(decisions: number, json: boolean): Promise<void> {
  const [{ playDemo }, { StoryError }, { silent, tellerOn }] = await Promise.all([
    import("../demo/story.ts"),
    import("../demo/expectation.ts"),
    import("../demo/teller.ts"),
  ]);
  try {
    const figures = await playDemo(decisions, json ? silent : tellerOn(process.stdout));
    answer(json, { ok: true, ...figures }, summary(figures));
  } catch (error) {
    if (!(error instanceof StoryError)) throw error;
    throw new CommandError(EXIT.refused, "story_not_as_told", error.message, { cause: error });
  }
}

function summary({ decisions, people, entries, checks, decidingSeconds, seconds }: Figures): string {
  const rate = (decisions / decidingSeconds).toFixed(1);
  return (
    `\nAs told: ${decisions} decisions about ${people} people, ${entries} entries on the log, ${checks} checks, ` +
    `all of which held.\n${decidingSeconds.toFixed(1)} s for the decisions (${rate} a second), ` +
    `${seconds.toFixed(1)} s in all. Nothing of it is left on this machine.`
  );
}

function decisions(text: string): number {
  const count = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0;
  if (count < FEWEST || count > MOST) {
    throw new InvalidArgumentError(`It is a whole number, ${FEWEST} to ${MOST}.`);
  }
  return count;
}
