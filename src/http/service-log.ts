import { type DestinationStream, type Logger, pino } from "pino";

/** Where an error arose and of what kind it is, without its message: that may quote what the database or a parser was given. */
export function withoutWords(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return {
    type: error.name,
    code: (error as NodeJS.ErrnoException).code,
    at: frames.slice(0, 8).map((line) => line.trim()),
    ...(error.cause === undefined ? {} : { cause: withoutWords(error.cause) }),
  };
}

/**
 * Lines of one turn of the event loop go out together, after whatever else that turn did: a write of its own for each costs as
 * much as a tenth of the request that it is about. A fatal line goes out at once, and so does what is left at the end.
 */
export function inTurns(destination: DestinationStream & { flushSync?: () => void }): DestinationStream {
  let lines = "";
  const flush = () => {
    const written = lines;
    lines = "";
    process.off("exit", flush);
    if (written !== "") destination.write(written);
  };
  const told: DestinationStream & { flushSync(): void } = {
    write(line) {
      if (lines === "") {
        setImmediate(flush);
        process.once("exit", flush);
      }
      lines += line;
    },
    // pino calls it after a fatal line.
    flushSync() {
      flush();
      destination.flushSync?.();
    },
  };
  return told;
}

/**
 * What the service says of itself, as JSON lines. A line a request: pattern, status, time and request id; never a path,
 * a query, a body or a person.
 */
export function serviceLog(
  level: string,
  destination: DestinationStream = inTurns(pino.destination(2)),
): Logger {
  return pino(
    {
      level,
      base: { service: "motivo" },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: withoutWords },
    },
    destination,
  );
}
