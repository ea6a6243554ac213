/**
 * Questions that come while one query is under way share the next one, as a commit shares its flush: a busy process asks
 * the database once for many, an idle one at once. Nothing is remembered: each answer was read after it was asked for.
 */
export class Gather<Question, Answer> {
  readonly #ask: (questions: readonly Question[]) => Promise<readonly Answer[]>;
  readonly #most: number;
  #waiting: { question: Question; resolve: (answer: Answer) => void; reject: (error: unknown) => void }[] =
    [];
  #busy = false;

  /** @param ask answers in the order of its questions, at most `most` of them */
  constructor(ask: (questions: readonly Question[]) => Promise<readonly Answer[]>, most = 100) {
    this.#ask = ask;
    this.#most = most;
  }

  /** @throws whatever the query that it shared rejects with */
  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ question, resolve, reject });
      if (!this.#busy) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#busy = true;
    // What else arrives in this turn of the event loop comes along.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#most);
      try {
        const answers = await this.#ask(batch.map(({ question }) => question));
        batch.forEach(({ resolve }, i) => {
          resolve(answers[i]!);
        });
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#busy = false;
  }
}

/** One for each owner, such as a database, made when it is first asked for. */
export function gatherOf<Owner extends object, Question, Answer>(
  ask: (owner: Owner, questions: readonly Question[]) => Promise<readonly Answer[]>,
): (owner: Owner) => Gather<Question, Answer> {
  const made = new WeakMap<Owner, Gather<Question, Answer>>();
  return (owner) => {
    const known = made.get(owner);
    if (known !== undefined) return known;
    const gather = new Gather<Question, Answer>((questions) => ask(owner, questions));
    made.set(owner, gather);
    return gather;
  };
}
