import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../audit/sha256.ts";
import type { Verdict } from "../../audit/verify.ts";
import { stripModule } from "../../scripts/pack.ts";
import { launchBrowser } from "../support/browser.ts";
import { Seeded } from "./honest-log.ts";

const vectors = new URL("vectors/", import.meta.url);

describe("the verifier in a browser", () => {
  it("hashes as Node does, whatever the length and the parts", () => {
    const random = new Seeded("sha-256");
    for (let length = 0; length < 200; length++) {
      const bytes = Uint8Array.from({ length }, () => random.below(256));
      const at = random.below(length + 1);
      const expected = createHash("sha256").update(bytes).digest();
      expect(Buffer.from(sha256(bytes.subarray(0, at), bytes.subarray(at))).equals(expected)).toBe(true);
    }
  });

  it("gives the answers that are written beside the vectors, in Chromium with its own WebCrypto", async () => {
    const server = createServer((request, response) => {
      const name = /^\/audit\/([a-z0-9-]+)\.js$/.exec(request.url ?? "")?.[1];
      if (request.url === "/")
        response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html>");
      else if (name === undefined) response.writeHead(404).end();
      else {
        const source = readFileSync(new URL(`../../audit/${name}.ts`, import.meta.url), "utf8");
        response.writeHead(200, { "content-type": "text/javascript" }).end(stripModule(source));
      }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      await page.goto(url);
      const vkey = readFileSync(new URL("vkey.txt", vectors), "utf8");
      const expected = JSON.parse(readFileSync(new URL("expected.json", vectors), "utf8")) as {
        [name: string]: Pick<Verdict, "state" | "code"> & { beside?: object };
      };
      const alone = Object.entries(expected).filter(
        ([, { beside, state }]) => !beside && state !== "PENDING",
      );
      expect(alone.length).toBeGreaterThan(40);
      for (const [name, { state, code }] of alone) {
        const document = readFileSync(new URL(name, vectors), "utf8");
        // As text: the test's own compiler would rewrite the import.
        const call = `verifyDocument(new Blob([${JSON.stringify(document)}]), { vkey: ${JSON.stringify(vkey)} })`;
        const verdict = await page.evaluate<Verdict & { words: string }>(
          `import("/audit/browser.js").then(({ verifyDocument }) => ${call})`,
        );
        // Evidence and pending erasures depend on the day; the browser's clock is the machine's.
        if (state === "EXPIRED" || code === "pending_invalid") continue;
        expect({ name, ...verdict }).toMatchObject({ name, state, code });
        expect(verdict.words).not.toBe("");
      }
    } finally {
      await browser.close();
      server.close();
    }
  });
});
