import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Where a connection to the database breaks, counted over all connections since it was asked for. */
export interface Cut {
  direction: "to-database" | "from-database";
  /** Of the message, from 1. */
  message: number;
  /**
   * `before`: the message does not arrive. `after`: it does, and nothing behind it. A statement that arrives is carried
   * out although its client sees a broken connection.
   */
  when: "before" | "after";
}

/** Messages of PostgreSQL's protocol that went by. */
export interface Passed {
  toDatabase: number;
  fromDatabase: number;
}

export interface BreakingProxy {
  /** The database, through the proxy. */
  url: string;
  /** Breaks one connection at the next such message, once. Counts from 0 again. */
  breakAt(cut: Cut): void;
  /** Breaks nothing any more. @returns what went by since the last call, and whether anything was broken */
  mend(): Passed & { broken: boolean };
  close(): Promise<void>;
}

/** Cuts a stream into whole messages: a type (none in a client's first message), a length that counts itself, the rest. */
function messagesOf(typed: boolean): (chunk: Buffer) => Buffer[] {
  let first = !typed;
  let left = Buffer.alloc(0);
  return (chunk) => {
    left = Buffer.concat([left, chunk]);
    const whole: Buffer[] = [];
    for (;;) {
      const at = first ? 0 : 1;
      if (left.length < at + 4) return whole;
      const length = at + left.readUInt32BE(at);
      if (left.length < length) return whole;
      whole.push(left.subarray(0, length));
      left = left.subarray(length);
      first = false;
    }
  };
}

/** A TCP proxy before the database that can break off anywhere in the conversation. */
export async function breakingProxy(databaseUrl: string): Promise<BreakingProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let cut: Cut | null = null;
  let broken = false;
  let passed: Passed = { toDatabase: 0, fromDatabase: 0 };

  function pass(from: Socket, to: Socket, direction: Cut["direction"]): void {
    const split = messagesOf(direction === "from-database");
    const counter = direction === "to-database" ? "toDatabase" : "fromDatabase";
    from.on("data", (chunk: Buffer) => {
      for (const message of split(chunk)) {
        passed[counter] += 1;
        const here = cut?.direction === direction && cut.message === passed[counter] ? cut : null;
        if (here?.when !== "before") to.write(message);
        if (!here) continue;
        cut = null;
        broken = true;
        from.destroy();
        // What was passed on still arrives; then the other side sees the end.
        if (here.when === "after") to.end();
        else to.destroy();
        return;
      }
    });
  }

  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        other.end();
      });
    }
    pass(client, upstream, "to-database");
    pass(upstream, client, "from-database");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(databaseUrl);
  url.port = String((server.address() as AddressInfo).port);

  return {
    url: url.href,
    breakAt(next) {
      passed = { toDatabase: 0, fromDatabase: 0 };
      broken = false;
      cut = next;
    },
    mend() {
      const seen = { ...passed, broken };
      passed = { toDatabase: 0, fromDatabase: 0 };
      cut = null;
      broken = false;
      return seen;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
