import { type Logger, pino } from "pino";

/** What the service says of itself. One line a request: pattern, status, time, request id; never a path, a query, a body or a person. */
export function serviceLog(level: string): Logger {
  return pino({
    level,
    base: { service: "motivo" },
    timestamp: pino.stdTimeFunctions.isoTime,
    // An error's message may quote what the database or a parser was given. Its kind and place are enough to find it.
    serializers: {
      err: (error: unknown) =>
        error instanceof Error
          ? {
              type: error.name,
              code: (error as NodeJS.ErrnoException).code,
              at: error.stack
                ?.split("\n")
                .filter((line) => line.trimStart().startsWith("at "))
                .slice(0, 8),
              cause: error.cause instanceof Error ? error.cause.name : undefined,
            }
          : { type: typeof error },
    },
  });
}
