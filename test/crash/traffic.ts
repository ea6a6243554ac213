import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import type { DecisionAnswer } from "../../src/decisions/decision.ts";
import type { ServiceProcess } from "../support/process.ts";

const WRITERS = 16;
const PEOPLE = 24;
export const people: readonly string[] = Array.from({ length: PEOPLE }, (_, i) => `subject-${i}`);

/** A decision that a client was given, byte by byte. */
export interface Acknowledged {
  key: string;
  subject: string;
  text: string;
  answer: DecisionAnswer;
}

/** A request whose client does not know what became of it. */
interface Unknown {
  key: string;
  subject: string;
}

/** Sixteen clients that decide through whichever replica is up, and keep everything that they were told. */
export class Traffic {
  readonly acknowledged: Acknowledged[] = [];
  /** How often which status was answered while something was dead or dying; 0: the connection broke. */
  readonly statuses = new Map<number, number>();
  #unknown: Unknown[] = [];
  readonly #replicas: () => readonly ServiceProcess[];
  #inputs: object = {};
  #next = 0;
  #running = false;
  #clients: Promise<void>[] = [];

  constructor(replicas: () => readonly ServiceProcess[]) {
    this.#replicas = replicas;
  }

  #anyReplica(): ServiceProcess | undefined {
    const up = this.#replicas();
    return up[Math.floor(Math.random() * up.length)];
  }

  async #decide(
    service: ServiceProcess,
    { key, subject }: Unknown,
  ): Promise<{ status: number; text: string }> {
    try {
      const response = await fetch(`${service.url}/v1/models/german-credit/decisions`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${service.tokens.product}`,
          "content-type": "application/json",
          "idempotency-key": key,
        },
        body: JSON.stringify({ subject, inputs: this.#inputs }),
      });
      return { status: response.status, text: await response.text() };
    } catch {
      return { status: 0, text: "" };
    }
  }

  #keep(asked: Unknown, text: string): void {
    this.acknowledged.push({ ...asked, text, answer: JSON.parse(text) as DecisionAnswer });
  }

  async #client(): Promise<void> {
    while (this.#running) {
      const service = this.#anyReplica();
      if (!service) {
        await pause(20);
        continue;
      }
      const number = this.#next++;
      const asked = { key: `key-${number}`, subject: people[number % PEOPLE]! };
      const { status, text } = await this.#decide(service, asked);
      this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
      if (status === 201) this.#keep(asked, text);
      else {
        this.#unknown.push(asked);
        // As a client that honours Retry-After does, only faster.
        await pause(250);
      }
    }
  }

  async start(): Promise<void> {
    const service = this.#anyReplica()!;
    const contract = await fetch(`${service.url}/v1/models/german-credit`, {
      headers: { authorization: `Bearer ${service.tokens.product}` },
    });
    this.#inputs = ((await contract.json()) as { example: { inputs: object } }).example.inputs;
    this.#running = true;
    this.#clients = Array.from({ length: WRITERS }, () => this.#client());
  }

  /** Waits until this many more answers were given. */
  async flowing(more: number): Promise<void> {
    const from = this.acknowledged.length;
    for (let waited = 0; this.acknowledged.length < from + more; waited += 10) {
      if (waited > 60_000) {
        throw new Error(`No answers any more: ${JSON.stringify([...this.statuses])}`);
      }
      await pause(10);
    }
  }

  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#clients);
  }

  /**
   * Asks again whatever has no known outcome, under its key, twice: the first answer is the decision that is on the log
   * or a new one, the second one is the first to the byte.
   * @returns how many there were
   */
  async settle(): Promise<number> {
    const open = this.#unknown.splice(0);
    await Promise.all(
      open.map(async (asked) => {
        const first = await this.#untilDecided(asked);
        const again = await this.#untilDecided(asked);
        expect(again).toBe(first);
        this.#keep(asked, first);
      }),
    );
    return open.length;
  }

  async #untilDecided(asked: Unknown): Promise<string> {
    for (let attempt = 0; ; attempt++) {
      const { status, text } = await this.#decide(this.#anyReplica()!, asked);
      if (status === 201) return text;
      // A database that is just recovering; anything else is an answer that no retry explains.
      if (attempt === 200 || (status >= 400 && status < 500)) throw new Error(`${status} ${text}`);
      await pause(50);
    }
  }

  /** Every answer that was ever given is given again, to the byte. */
  async replayAll(): Promise<void> {
    const service = this.#anyReplica()!;
    for (let i = 0; i < this.acknowledged.length; i += WRITERS) {
      const part = this.acknowledged.slice(i, i + WRITERS);
      const again = await Promise.all(part.map((asked) => this.#decide(service, asked)));
      expect(again.map(({ status, text }) => [status, text])).toEqual(part.map(({ text }) => [201, text]));
    }
  }
}
