import { type Logger, pino } from "pino";
import { withoutWords } from "./service-log.ts";

/**
 * The service's own log where there is no file descriptor to write to: the same lines, one console call each. A bundler
 * for the browser's interfaces takes pino's build for them, the only one that reads `browser`.
 */
export function consoleLog(level: string): Logger {
  return pino({
    level,
    serializers: { err: withoutWords },
    browser: {
      serialize: true,
      write: (line) => console.log(JSON.stringify({ service: "motivo", ...line })),
    },
  });
}
