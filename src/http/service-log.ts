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
 * What the service says of itself, as JSON lines. A line a request: pattern, status, time and request id; never a path,
 * a query, a body or a person.
 */
export function serviceLog(level: string, destination: DestinationStream = pino.destination(2)): Logger {
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
