import { describe, expect, it } from "vitest";
import type { LastEntry } from "../../src/pages/deps.ts";
import { logStrip, shownAs } from "../../src/pages/figures/log-strip.ts";
import { motif } from "../../src/pages/figures/motif.ts";
import { proofPath } from "../../src/pages/figures/proof-path.ts";
import { reasonBar } from "../../src/pages/figures/reason-bar.ts";
import { linear, ticks } from "../../src/pages/figures/svg.ts";
import { cascade } from "../../src/pages/figures/waterfall.ts";
import { proofOf } from "./bank.ts";

const count = (text: string, part: string | RegExp) => text.split(part).length - 1;

describe("scales", () => {
  it("map ends to ends and a point domain to the middle", () => {
    const x = linear([-1, 3], [0, 400]);
    expect([x(-1), x(0), x(3)]).toEqual([0, 100, 400]);
    expect(linear([2, 2], [0, 10])(2)).toBe(5);
  });

  it("tick at round values inside the domain", () => {
    expect(ticks([0.31, 0.72], 5)).toEqual([0.4, 0.5, 0.6, 0.7]);
    expect(ticks([-1200, 3100], 4)).toEqual([0, 2000]);
    expect(ticks([1, 1], 4)).toEqual([]);
  });
});

describe("the reason bar", () => {
  const domain = [-0.2, 0.2] as const;

  it("is full up to the nearer bound and pale from bound to bound", async () => {
    const svg = String(await reasonBar({ toward: -0.14, lower: -0.16, upper: -0.12 }, domain, "s"));
    const [pale, full] = ["pale-against", "against"].map((kind) => {
      const [, x, width] = new RegExp(`class="${kind}"[^>]* x="([\\d.]+)" [^>]*width="([\\d.]+)"`).exec(svg)!;
      return { from: Number(x), to: Number(x) + Number(width) };
    });
    const x = linear(domain, [2, 344]);
    expect([pale!.from, pale!.to, full!.from, full!.to].map((place) => place.toFixed(1))).toEqual(
      [x(-0.16), x(-0.12), x(-0.12), x(0)].map((place) => place.toFixed(1)),
    );
    expect(svg).toContain('class="against" fill="url(#hatch-against)"');
  });

  it("is all pale when zero lies in the interval", async () => {
    const svg = String(await reasonBar({ toward: 0.01, lower: -0.005, upper: 0.02 }, domain, "s"));
    expect(svg).toContain("pale-for");
    expect(svg).not.toMatch(/class="(for|against)"/);
  });

  it("has no pale part and no tick when the method is exact", async () => {
    const svg = String(await reasonBar({ toward: 0.1, lower: 0.1, upper: 0.1 }, domain, "s"));
    expect(svg).toContain('class="for"');
    expect(svg).not.toMatch(/pale|tick/);
  });
});

describe("the waterfall", () => {
  it("leads from the base to the score, each step from where the last one ended", () => {
    const { steps, domain } = cascade(0.65, 0.41, 0.5, [
      { value: -0.14, interval: [-0.2, -0.1], toward: -0.14 },
      { value: 0.03, interval: null, toward: 0.03 },
      { value: -0.13, interval: null, toward: -0.13 },
    ]);
    expect(steps.map(({ from }) => Number(from.toFixed(9)))).toEqual([0.65, 0.51, 0.54]);
    expect(steps.at(-1)!.to).toBeCloseTo(0.41, 9);
    expect(domain[0]).toBeLessThan(0.41);
    expect(domain[1]).toBeGreaterThan(0.65);
  });
});

describe("the motif", () => {
  it("escapes its sentence, and marks a place that the record did not keep", async () => {
    const svg = String(
      await motif(
        [
          { label: "a", toward: 1 },
          { label: "b", toward: null },
          { label: "c", toward: -1 },
        ],
        { width: 90, height: 30 },
        '"><script>',
      ),
    );
    expect(svg).not.toContain("<script>");
    expect([count(svg, "flat-for"), count(svg, "motif-none"), count(svg, "flat-against")]).toEqual([1, 1, 1]);
  });
});

describe("the proof path", () => {
  it("has one pale square a hash, and a computed one for leaf and root beside", async () => {
    const { path } = proofOf(84);
    const svg = String(await proofPath(path, "s"));
    expect(count(svg, 'class="proof-given"')).toBe(path.length);
    expect(count(svg, 'class="proof-computed"')).toBe(path.length + 1);
  });

  it("is a single square for a log of one entry", async () => {
    expect(count(String(await proofPath([], "s")), "<rect")).toBe(1);
  });
});

describe("the strip of the log", () => {
  it("keeps an erased entry in its place", async () => {
    const last: LastEntry[] = [0, 1, 2, 3, 4].map((index) => ({
      index,
      kind: "decision",
      state: index === 2 ? "erased" : "kept",
    }));
    const svg = String(await logStrip(last, 5, "s"));
    expect(count(svg, "entry-decision")).toBe(4);
    expect(svg).toMatch(/class="entry-gone" fill="url\(#hatch-gone\)" x="17"/);
  });

  it("tells erased from pending, and names the kinds it knows", () => {
    expect(shownAs({ index: 1, kind: "decision", state: "erased-pending" })).toBe("pending");
    expect(shownAs({ index: 1, kind: "publish", state: "kept" })).toBe("other");
  });
});
