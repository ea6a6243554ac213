/** What a row costs this process, at least: that is what two batches hide, since one is prepared while the other is written. */
const ROW_US = 35;
/** Batches that are looked back on: a disk that slows down is noticed after as many. */
const WINDOW = 16;

/**
 * How long a commit takes, measured as batches go by. Two batches on their way hide the way there and back, not the disk:
 * where a sync is slow, two half batches cost two syncs where one full batch would have cost one.
 *
 * The shortest of the last ones counts: an answer that was long in coming may only have waited for this process.
 */
export class CommitTime {
  readonly #us: number[] = [];
  #lastAnswer = 0;

  /**
   * @param sentAt, answeredAt in milliseconds of one clock
   * @param spentUs time in the function itself, in microseconds
   */
  note(sentAt: number, answeredAt: number, spentUs: number): void {
    // Behind another batch it began when that one was over.
    const us = (answeredAt - Math.max(sentAt, this.#lastAnswer)) * 1000 - spentUs;
    this.#lastAnswer = answeredAt;
    // Less than nothing: the answer before it had waited for this process, and says nothing of when this one began.
    if (us < 0) return;
    this.#us.push(us);
    if (this.#us.length > WINDOW) this.#us.shift();
  }

  /**
   * Rows below which a second batch does not pay. Two halves of n rows cost one commit more than the whole and hide what
   * the process does for n rows, so each half must have n/2.
   */
  get worthOfRows(): number {
    return this.#us.length === 0 ? 0 : Math.ceil(Math.min(...this.#us) / (2 * ROW_US));
  }
}
