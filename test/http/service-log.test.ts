import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { inTurns, serviceLog } from "../../src/http/service-log.ts";

function logInto() {
  const written: string[] = [];
  const logger = serviceLog("info", inTurns({ write: (lines: string) => void written.push(lines) }));
  const said = () =>
    written.map((lines) =>
      lines
        .trimEnd()
        .split("\n")
        .map((line) => (JSON.parse(line) as { msg: string }).msg),
    );
  return { logger, said };
}

describe("the service's own log", () => {
  it("writes the lines of one turn of the event loop together, in their order", async () => {
    const { logger, said } = logInto();
    for (const line of ["one", "two", "three"]) logger.info(line);
    expect(said()).toEqual([]);
    await turn();
    logger.warn("four");
    await turn();
    expect(said()).toEqual([["one", "two", "three"], ["four"]]);
  });

  it("writes a fatal line, and what came before it, at once", async () => {
    const { logger, said } = logInto();
    logger.info("before");
    logger.fatal("the end");
    expect(said()).toEqual([["before", "the end"]]);
    await turn();
    expect(said()).toHaveLength(1);
  });

  it("leaves nothing unsaid when the process ends", () => {
    const { logger, said } = logInto();
    const before = process.listeners("exit");
    logger.info("last words");
    const [added] = process.listeners("exit").filter((one) => !before.includes(one));
    added?.call(process, 0);
    expect(said()).toEqual([["last words"]]);
  });
});
