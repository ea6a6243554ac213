import { describe, expect, it } from "vitest";
import { localPath, preferredLanguage } from "../../src/pages/scene.ts";

describe("the preferred language", () => {
  it.each([
    ["en", "en"],
    ["en-US,en;q=0.9", "en"],
    ["pt;q=0.4, en;q=0.8", "en"],
    ["fr, pt-PT;q=0.5, en;q=0.2", "pt-BR"],
    ["en;q=0, pt", "pt-BR"],
    ["de", "pt-BR"],
    [undefined, "pt-BR"],
  ])("of %s is %s", (header, language) => {
    expect(preferredLanguage(header)).toBe(language);
  });
});

describe("a way back", () => {
  it.each([
    "//elsewhere.example",
    "https://elsewhere.example",
    "/\\elsewhere",
    "/a\\b",
    "me",
    "",
    "/ü",
    "/\u0000",
    `/${"a".repeat(1000)}`,
  ])("does not lead to %s", (path) => {
    expect(localPath(path, "/fallback")).toBe("/fallback");
  });

  it("leads to a path of this site with its query", () => {
    expect(localPath("/audit/decisions?model=german-credit&from=2026-08-01")).toBe(
      "/audit/decisions?model=german-credit&from=2026-08-01",
    );
  });
});
