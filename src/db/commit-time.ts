/** What a row of a batch costs the database; a second batch must hold as many rows as its commit is worth. */
const ROW_US = 20;
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
    this.#us.push((answeredAt - Math.max(sentAt, this.#lastAnswer)) * 1000 - spentUs);
    if (this.#us.length > WINDOW) this.#us.shift();
    this.#lastAnswer = answeredAt;
  }

  /** Rows below which a second batch does not pay. */
  get worthOfRows(): number {
    return this.#us.length === 0 ? 0 : Math.ceil(Math.max(Math.min(...this.#us), 0) / ROW_US);
  }
}
