import { SingleBar } from "cli-progress";

/** Work that ends sooner has no bar. */
const SHOWN_AFTER_MS = 500;

export interface Progress {
  /** @param share of the work that is done, in [0, 1]; undefined where nobody knows */
  show(share: number | undefined, told: string): void;
  /** Takes the bar away, so that something else can be written in its place. */
  clear(): void;
}

const silent: Progress = { show() {}, clear() {} };

/** A bar on a terminal, and nothing anywhere else: what is piped or kept in a file must not hold it. */
export function progressOn(out: NodeJS.WriteStream): Progress {
  if (!out.isTTY) return silent;
  const begun = performance.now();
  let bar: SingleBar | undefined;
  return {
    show(share, told) {
      if (performance.now() - begun < SHOWN_AFTER_MS) return;
      if (bar === undefined) {
        bar = new SingleBar({
          stream: out,
          format:
            share === undefined
              ? "  {told}, {duration_formatted}"
              : "  {bar} {percentage} %  {told}, {duration_formatted}",
          barCompleteChar: "█",
          barIncompleteChar: "░",
          hideCursor: true,
          clearOnComplete: true,
        });
        bar.start(1000, 0, { told });
      }
      bar.update(Math.round(1000 * (share ?? 0)), { told });
    },
    clear() {
      bar?.stop();
      bar = undefined;
    },
  };
}
