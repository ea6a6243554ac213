import { z } from "zod";
import * as schemas from "../http/schemas.ts";
import { applicationsOf, CONSENT_MODEL, peopleFor, readRows } from "./applications.ts";
import { auditDecisions, justifyErasure, tamper, verifyAll } from "./auditing.ts";
import { callerOf } from "./caller.ts";
import { knowAndErase, refuseErasure } from "./customer.ts";
import { decideAll, readAsAnother, repeatOne, whatWouldChange } from "./deciding.ts";
import { type Expect, expectation, StoryError } from "./expectation.ts";
import { inventPeople } from "./people.ts";
import type { Play } from "./play.ts";
import { searchForPeople } from "./searching.ts";
import { openStage, type Stage } from "./stage.ts";
import type { Teller } from "./teller.ts";

const SEED = 2026;
const START = "the service starts";

/** What the story came to. */
export interface Figures {
  decisions: number;
  people: number;
  /** Of the log, decisions and everything else. */
  entries: number;
  /** Facts that were checked, and held. */
  checks: number;
  /** Of the decisions alone, and of everything, in seconds. */
  decidingSeconds: number;
  seconds: number;
}

/**
 * Plays the whole story against a service of its own, over HTTP, and checks every step.
 * @throws StoryError naming the first step that is not as told
 */
export async function playDemo(decisions: number, teller: Teller): Promise<Figures> {
  const begun = performance.now();
  let step = START;
  const expect: Expect = expectation(() => step);
  const chapter = async <T>(letter: string, title: string, play: () => Promise<T>): Promise<T> => {
    step = `${letter}. ${title}`;
    teller.chapter(step);
    return play();
  };

  teller.say("Motivo starts a service of its own, on an empty folder that is removed at the end.");
  const stage = await openStage();
  try {
    const play = await gather(stage, teller, expect);
    const { bank } = play;
    const contract = (await bank.get(`/v1/models/${CONSENT_MODEL}`)).read(schemas.modelContract);
    const rows = await readRows(numericOf(contract.example.inputs));
    const people = inventPeople(peopleFor(decisions), SEED);
    const applications = applicationsOf(rows.slice(0, decisions), people);
    teller.say(
      `${people.length} people who exist nowhere ask for ${decisions} loans. The loans are real: German Credit, 1973 to 1975.`,
    );

    let decidingSeconds = 0;
    const made = await chapter("a", "The bank decides, with reasons", async () => {
      const beforeDeciding = performance.now();
      const decided = await decideAll(play, applications);
      decidingSeconds = (performance.now() - beforeDeciding) / 1000;
      await whatWouldChange(play, decided);
      return decided;
    });
    await chapter("b", "A request is sent twice", () => repeatOne(play, made));
    await chapter("c", "Another bank asks for the decision", () => readAsAnother(play, made));
    const { looked, kept } = await chapter("d", "The auditor reads and verifies", async () => {
      const looked = await auditDecisions(play, made);
      return { looked, ...(await verifyAll(play, looked)) };
    });
    const own = made.filter(({ person }) => person.id === looked.person.id);
    await chapter("e", "A customer asks, and erases", async () => {
      await knowAndErase(play, own, looked);
      await refuseErasure(play, made);
    });
    const { file, entries } = await chapter("f", "The erasure is justified on the log", () =>
      justifyErasure(play, own, kept),
    );
    await chapter("g", "Somebody changes one byte", () => tamper(play, file));
    await chapter("h", "Somebody searches for the people", () => searchForPeople(play, made, file));
    const seconds = (performance.now() - begun) / 1000;
    return {
      decisions: made.length,
      people: people.length,
      entries,
      checks: expect.count(),
      decidingSeconds,
      seconds,
    };
  } catch (error) {
    if (error instanceof StoryError) throw error;
    throw new StoryError(step, unforeseen(error), { cause: error });
  } finally {
    await stage.close();
  }
}

async function gather(stage: Stage, teller: Teller, expect: Expect): Promise<Play> {
  const { url, tokenFor } = stage;
  return {
    stage,
    teller,
    expect,
    bank: callerOf(url, await tokenFor("product", { subject: "demo-bank", client: "demo-bank" })),
    auditor: callerOf(url, await tokenFor("auditor", { subject: "demo-auditor" })),
    operator: callerOf(url, await tokenFor("operator", { subject: "demo-operator" })),
    public: callerOf(url),
  };
}

const numericOf = (example: Record<string, string | number>): Set<string> =>
  new Set(Object.keys(example).filter((name) => typeof example[name] === "number"));

function unforeseen(error: unknown): string {
  if (error instanceof z.ZodError)
    return `an answer has another shape, at ${error.issues[0]?.path.join(".")}`;
  return error instanceof Error ? `it fails with ${error.name}` : "it fails";
}
