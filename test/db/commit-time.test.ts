import { describe, expect, it } from "vitest";
import { CommitTime } from "../../src/db/commit-time.ts";

describe("the time of a commit", () => {
  it("says nothing before the first batch", () => {
    expect(new CommitTime().worthOfRows).toBe(0);
  });

  it("is what lies between sending and answer, less the time in the function", () => {
    const commits = new CommitTime();
    commits.note(0, 8, 1_000);
    expect(commits.worthOfRows).toBe(100);
  });

  it("begins, for a batch behind another, when that one was over", () => {
    const commits = new CommitTime();
    commits.note(0, 10, 3_000);
    commits.note(1, 14.5, 1_000);
    expect(commits.worthOfRows).toBe(50);
  });

  it("is not told by an answer right behind one that had waited for this process", () => {
    const commits = new CommitTime();
    commits.note(0, 10, 3_000);
    commits.note(1, 10.1, 1_000);
    expect(commits.worthOfRows).toBe(100);
  });

  it("is the shortest of the last ones: an answer may have waited for this process, and a disk may slow down", () => {
    const commits = new CommitTime();
    commits.note(0, 3.5, 0);
    commits.note(3.5, 100, 0);
    expect(commits.worthOfRows).toBe(50);
    for (let i = 0; i < 16; i++) commits.note(100 + 14 * i, 114 + 14 * i, 0);
    expect(commits.worthOfRows).toBe(200);
  });
});
