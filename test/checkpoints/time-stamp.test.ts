import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { newestStamp } from "../../src/checkpoints/published.ts";
import { certificatesIn, requestStamp, stampRequest, verifyStamp } from "../../src/checkpoints/time-stamp.ts";
import { freshEmbedded } from "../support/databases.ts";
import { memoryKeys } from "../support/keys.ts";
import { smallLog } from "./small-log.ts";

// What OpenSSL's authority answered, recorded by against-openssl.ts.
const read = (name: string) => readFileSync(new URL(`time-stamps/${name}`, import.meta.url));
const note = read("note.checkpoint").toString();
const token = new Uint8Array(read("token.tsr"));
const trusted = certificatesIn(read("ca.pem").toString());
const { nonce: nonceHex, time } = JSON.parse(read("facts.json").toString()) as {
  nonce: string;
  time: string;
};
const nonce = new Uint8Array(Buffer.from(nonceHex, "hex"));

describe("a time stamp over a checkpoint", () => {
  it("verifies with the nonce that was sent, and later without it", async () => {
    expect((await verifyStamp(token, note, trusted, nonce)).toISOString()).toBe(time);
    expect((await verifyStamp(token, note, trusted)).toISOString()).toBe(time);
  });

  it("is refused over another note, for another nonce, and under another authority", async () => {
    const refusal = (work: Promise<unknown>) => expect(work).rejects;
    await refusal(verifyStamp(token, `${note}\n`, trusted, nonce)).toMatchObject({
      code: "stamp_wrong_imprint",
    });
    const other = nonce.with(15, nonce[15]! ^ 1);
    await refusal(verifyStamp(token, note, trusted, other)).toMatchObject({ code: "stamp_wrong_nonce" });
    const elsewhere = certificatesIn(read("other-ca.pem").toString());
    await refusal(verifyStamp(token, note, elsewhere)).toMatchObject({ code: "stamp_wrong_certificate" });
    const byOther = new Uint8Array(read("other-authority.tsr"));
    await refusal(verifyStamp(byOther, note, trusted)).toMatchObject({ code: "stamp_wrong_certificate" });
    expect(await verifyStamp(byOther, note, elsewhere, nonce)).toBeInstanceOf(Date);
  });

  it("is refused with any byte changed: of 120 places none is accepted with another time", async () => {
    for (let i = 0; i < 120; i++) {
      const at = Math.floor((i * token.length) / 120);
      const changed = token.with(at, token[at]! ^ (1 << (i % 8)));
      const verdict = await verifyStamp(changed, note, trusted, nonce).then(
        (said) => said.toISOString(),
        (error: { code?: string }) => String(error.code),
      );
      // A few bytes say nothing that is signed (the wrapping, an unused certificate): then the time is still the one.
      expect([time, "stamp_"].some((told) => verdict.startsWith(told))).toBe(true);
    }
  });

  it("is no stamp when it is cut, empty, or no certificate is trusted", async () => {
    for (const bytes of [token.subarray(0, -1), new Uint8Array(0), new Uint8Array(200)]) {
      await expect(verifyStamp(bytes, note, trusted)).rejects.toMatchObject({ code: "stamp_malformed" });
    }
    expect(() => certificatesIn("nothing")).toThrow("stamp_wrong_certificate");
  });

  it("is asked for by the publisher once an interval, kept with its note, and a failure is a fault and no more", async () => {
    let answer: () => [number, Uint8Array] = () => [500, new Uint8Array(0)];
    const queries: Buffer[] = [];
    const server = createServer(async (request, response) => {
      for await (const part of request) queries.push(part as Buffer);
      const [status, body] = answer();
      response.writeHead(status, { "content-type": "application/timestamp-reply" }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tsa`;
    const database = await freshEmbedded();
    const small = await smallLog(database, memoryKeys());
    const authority = { url, trusted, intervalSeconds: 3600 };
    const publisher = small.publisher({ authority });
    expect((await publisher.turn()).faults).toMatchObject([{ code: "stamp_refused" }]);
    // The recorded answer is about another note: taken by nobody.
    answer = () => [200, token];
    expect((await publisher.turn()).faults).toMatchObject([{ code: "stamp_wrong_imprint" }]);
    expect(await newestStamp(database.db)).toBeNull();
    expect(queries).toHaveLength(2);
    expect(queries[0]!.equals(queries[1]!)).toBe(false);
    await small.append();
    expect((await small.log.head()).size).toBe(1);
    await expect(requestStamp(url, note, trusted, nonce.with(3, 9))).rejects.toMatchObject({
      code: "stamp_wrong_nonce",
    });
    expect((await requestStamp(url, note, trusted, nonce)).time.toISOString()).toBe(time);
    expect(queries.at(-1)!.equals(Buffer.from(stampRequest(note, nonce)))).toBe(true);
    server.close();
    await small.log.close();
    await database.close();
  });
});
