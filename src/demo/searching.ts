import { readFile } from "node:fs/promises";
import { logSize } from "./deciding.ts";
import type { Made, Play } from "./play.ts";

/** Ways in which an identifier might have been written down. */
function spellings(made: readonly Made[]): Set<string> {
  const people = new Set(made.map(({ person }) => person));
  return new Set(
    [...people].flatMap(({ id, name, email, document }) => [
      id,
      name.toLowerCase(),
      email.toLowerCase(),
      document,
      document.replaceAll(/\D/g, ""),
    ]),
  );
}

/** Step h: nobody's name, e-mail, CPF or id is in the export or in what the service logged. */
export async function searchForPeople(play: Play, made: readonly Made[], exported: string): Promise<void> {
  const { expect, stage, teller } = play;
  const wanted = spellings(made);
  const log = stage.serviceLogText();
  const places = { "the export": await readFile(exported, "utf8"), "the service's own log": log };
  // A search that finds nothing at all would prove nothing: it must find what does belong there.
  const kept = made.at(-1)!.answer.id;
  expect.that(places["the export"].includes(kept), "the search finds a decision's id in the export");
  expect.that(
    log.includes("/v1/models/{model}/decisions"),
    "the search finds the requests in the service's log",
  );
  for (const [place, text] of Object.entries(places)) {
    const lower = text.toLowerCase();
    for (const spelling of wanted) expect.that(!lower.includes(spelling), `nobody is named in ${place}`);
  }
  teller.checked(
    `${wanted.size} spellings of names, e-mails, CPFs and ids, searched for in the export and in the service's log: none found. ` +
      `The log holds ${await logSize(play)} entries.`,
  );
}
