import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { bytesEqual, fromBase64 } from "../../audit/bytes.ts";
import { openCheckpoint } from "../../audit/checkpoint.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { verifyConsistency } from "../../audit/merkle.ts";
import { parseVkey } from "../../audit/note.ts";
import { testWitness } from "../audit/honest-log.ts";

type Reply = { status: number; body?: string | Uint8Array; type?: string };

/** A witness over real HTTP, as C2SP tlog-witness has it, written without the client's code. */
export class SmallWitness {
  readonly identity: ReturnType<typeof testWitness>;
  url = "";
  /** What it has cosigned of the log: nothing to begin with. */
  size = 0;
  root: Uint8Array | null = null;
  requests: string[] = [];
  /** Says something else than an honest witness would; null answers honestly. */
  misbehave:
    | ((request: string, honest: () => Promise<Reply>) => Reply | null | Promise<Reply | null>)
    | null = null;
  readonly #vkey: string;
  readonly #server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    this.requests.push(body);
    const honest = () => this.#answer(body);
    const reply =
      request.url === "/add-checkpoint" && request.method === "POST"
        ? ((await this.misbehave?.(body, honest)) ?? (await honest()))
        : { status: 404 };
    response.writeHead(reply.status, reply.type ? { "content-type": reply.type } : {});
    response.end(reply.body);
  });

  constructor(name: string, logVkey: string) {
    this.identity = testWitness(`${name}.example`, name);
    this.#vkey = logVkey;
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  async #answer(body: string): Promise<Reply> {
    const blank = body.indexOf("\n\n");
    const [first = "", ...hashes] = body.slice(0, blank).split("\n");
    const old = Number(/^old (0|[1-9][0-9]*)$/.exec(first)?.[1] ?? Number.NaN);
    if (!Number.isSafeInteger(old) || Buffer.byteLength(body) > 10_240) return { status: 400 };
    const note = body.slice(blank + 2);
    const checkpoint = await openCheckpoint(nodeCrypto, note, parseVkey(nodeCrypto, this.#vkey)).catch(
      () => null,
    );
    if (!checkpoint) return { status: 403 };
    if (old > checkpoint.size) return { status: 400 };
    if (old !== this.size) return { status: 409, body: `${this.size}\n`, type: "text/x.tlog.size" };
    const proof = hashes.map((hash) => fromBase64(hash, 32));
    const { size, root } = checkpoint;
    if (old === size && this.root && !bytesEqual(root, this.root)) return { status: 409 };
    const holds =
      old === 0 ? proof.length === 0 : verifyConsistency(nodeCrypto, old, size, this.root!, root, proof);
    if (!holds) return { status: 422 };
    this.size = size;
    this.root = root;
    const cosigned = this.identity.cosign(note);
    return { status: 200, body: `${cosigned.trimEnd().split("\n").at(-1)}\n` };
  }
}
