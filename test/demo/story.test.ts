import { mkdtemp, readdir, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { StoryError } from "../../src/demo/expectation.ts";
import { playDemo } from "../../src/demo/story.ts";
import { silent } from "../../src/demo/teller.ts";

const overTheWire = globalThis.fetch;
afterEach(() => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
});

/** Lets every request through but those that `spoil` answers itself. */
function spoilt(spoil: (method: string, path: string) => Response | null): void {
  vi.stubGlobal("fetch", (input: URL, init: RequestInit = {}) => {
    return Promise.resolve(spoil(init.method ?? "GET", input.pathname) ?? overTheWire(input, init));
  });
}

async function endOf(decisions: number): Promise<StoryError> {
  try {
    await playDemo(decisions, silent);
  } catch (error) {
    expect(error).toBeInstanceOf(StoryError);
    return error as StoryError;
  }
  throw new Error("The story ended as told");
}

describe("playDemo", () => {
  it("names the step that is not as told: an erasure that is acknowledged and not done", async () => {
    const place = await mkdtemp(join(tmpdir(), "motivo-story-"));
    vi.stubEnv("TMPDIR", place);
    const answer = {
      erased: [{ model: "german-credit", purpose: { "pt-BR": "", en: "" }, entries: 3, records: "deleted" }],
      refused: [],
    };
    spoilt((method, path) => (method === "DELETE" && path === "/v1/me" ? Response.json(answer) : null));
    const error = await endOf(20);
    expect(error.message).toContain('"e. A customer asks, and erases"');
    expect(error.message).toContain("after the erasure nothing is held");
    expect(await readdir(place)).toEqual([]);
    await rmdir(place);
  });

  it("names the step whose answer has another shape", async () => {
    spoilt((_, path) => (path === "/v1/audit/decisions" ? Response.json({ items: "all of them" }) : null));
    const error = await endOf(20);
    expect(error.message).toContain('"d. The auditor reads and verifies"');
  });
});
