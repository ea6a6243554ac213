import { SingleBar } from "cli-progress";

/** Work that ends sooner has no bar, and neither has the pause between two rows that are printed as they come. */
const SHOWN_AFTER_MS = 500;
const REDRAWN_AFTER_MS = 200;

export interface Progress {
  /** @param share of the work that is done, in [0, 1]; undefined where nobody knows */
  show(share: number | undefined, told: string): void;
  /** Takes the bar away, so that something else can be written in its place. */
  clear(): void;
  end(): void;
}

const silent: Progress = { show() {}, clear() {}, end() {} };

/** A bar on a terminal, and nothing anywhere else: what is piped or kept in a file must not hold it. */
export function progressOn(out: NodeJS.WriteStream): Progress {
  if (!out.isTTY) return silent;
  const begun = performance.now();
  let visibleFrom = begun + SHOWN_AFTER_MS;
  let share: number | undefined;
  let told = "";
  let bar: SingleBar | undefined;
  const draw = () => {
    if (performance.now() < visibleFrom) return;
    const done = Math.round(1000 * (share ?? 0));
    const payload = { told, elapsed: `${Math.round((performance.now() - begun) / 1000)} s` };
    if (bar !== undefined) {
      bar.update(done, payload);
      return;
    }
    const known = share === undefined ? "" : "{bar} {percentage} %  ";
    bar = new SingleBar({
      stream: out,
      format: `  ${known}{told}, {elapsed}`,
      barCompleteChar: "█",
      barIncompleteChar: "░",
      hideCursor: true,
      clearOnComplete: true,
    });
    bar.start(1000, done, payload);
  };
  const timer = setInterval(draw, REDRAWN_AFTER_MS);
  // A command that has ended must not wait for its bar.
  timer.unref();
  const clear = () => {
    bar?.stop();
    bar = undefined;
    visibleFrom = performance.now() + SHOWN_AFTER_MS;
  };
  return {
    show(nowDone, nowTold) {
      share = nowDone;
      told = nowTold;
    },
    clear,
    end() {
      clearInterval(timer);
      clear();
    },
  };
}
