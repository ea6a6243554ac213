import { describe, expect, it } from "vitest";
import { Seeded } from "./honest-log.ts";
import { forged, honestCase, honestLogs, otherDocuments, TAMPERINGS, tryTampering } from "./tamperings.ts";
import { verified } from "./verified.ts";

describe("an honest export", () => {
  it("verifies: 120 logs of random size with erasures covered and pending, in chunks of any length", async () => {
    const seen = await honestLogs(120);
    expect(Math.min(seen.VERIFIED, seen.COARSENED, seen.ERASED, seen.PENDING)).toBeGreaterThan(20);
  });
});

describe("a tampered export", () => {
  const cases = Array.from({ length: 20 }, (_, i) => honestCase(`tampered ${i}`, 2 + i * 2));
  let tried = 0;

  it.each(Object.keys(TAMPERINGS))("is refused: %s", async (name) => {
    const refused = await tryTampering(name, cases, name.includes("bit") ? 15 : 3);
    expect(refused).toBeGreaterThan(15);
    tried += refused;
  });

  it("was tried at least 1,500 times", () => {
    expect(tried).toBeGreaterThanOrEqual(1500);
  });
});

describe("a forged document", () => {
  it("is refused: some 500 forgeries of access answers, consistency proofs, certificates and bundles", async () => {
    const random = new Seeded("forgeries");
    let refused = 0;
    for (let i = 0; i < 5; i++) {
      for (const { name, text, vkey, beside } of otherDocuments(`documents ${i}`)) {
        expect(await verified(text, vkey, beside)).toMatchObject({ ok: true });
        for (let j = 0; j < 22; j++) {
          const changed = forged(text, random);
          if (changed === null) continue;
          const verdict = await verified(changed, vkey, beside);
          if (verdict.ok) expect.fail(`${name} was forged and not noticed:\n${changed}\n${text}`);
          refused += 1;
        }
      }
    }
    expect(refused).toBeGreaterThan(350);
  });
});
