import { spawn } from "node:child_process";
import { describe, expect, it } from "vitest";
import { COMMAND } from "./command.ts";
import { objectsIn, runWithInput } from "./piped.ts";

describe("motivo mask", () => {
  it("writes one masked line for each line, in order, and leaves the others as they are", async () => {
    const input = "CPF 529.982.247-25, ana@exemplo.com\n\npedido 52998224725\r\nsem quebra";
    expect(await runWithInput(["mask"], input)).toEqual({
      code: 0,
      stdout: "CPF ▮▮▮, ▮▮▮\n\npedido 52998224725\r\nsem quebra\n",
      stderr: "",
    });
  });

  it("with --json gives the text back with its spans in UTF-16 units", async () => {
    const texts = ["😀 é cpf 52998224725", "nada", "linha\nana@exemplo.com\u2028fim", ""];
    const ended = await runWithInput(
      ["mask", "--json"],
      texts.map((text) => `${JSON.stringify({ text })}\n`).join(""),
    );
    expect([ended.code, ended.stderr]).toEqual([0, ""]);
    expect(objectsIn(ended)).toEqual([
      { text: texts[0], spans: [{ start: 9, end: 20, type: "cpf" }] },
      { text: "nada", spans: [] },
      { text: texts[2], spans: [{ start: 6, end: 21, type: "email" }] },
      { text: "", spans: [] },
    ]);
  });

  it("answers a line that is none with an error that names it, goes on, and ends with 2", async () => {
    const ended = await runWithInput(
      ["mask", "--json"],
      '{"text":"a"}\n{"text":7}\n52998224725 {\n\n{"text":"b"}\n',
    );
    expect([ended.code, ended.stderr]).toEqual([2, ""]);
    expect(objectsIn(ended)).toMatchObject([
      { text: "a" },
      { code: "line_invalid", line: 2 },
      { code: "line_invalid", line: 3 },
      { code: "line_invalid", line: 4 },
      { text: "b" },
    ]);
    expect(ended.stdout).not.toContain("52998224725");
  });

  it("answers a line before the next one is written", async () => {
    const child = spawn(process.execPath, [COMMAND, "mask"], { stdio: ["pipe", "pipe", "ignore"] });
    const answers = child.stdout.setEncoding("utf8")[Symbol.asyncIterator]();
    for (const digit of ["1", "2"]) {
      child.stdin.write(`${digit} cpf 52998224725\n`);
      expect((await answers.next()).value).toBe(`${digit} cpf ▮▮▮\n`);
    }
    child.stdin.end();
    expect((await answers.next()).done).toBe(true);
  });

  it("answers thousands of lines, one each", async () => {
    const ended = await runWithInput(
      ["mask", "--json"],
      `${JSON.stringify({ text: "cpf 52998224725" })}\n`.repeat(20_000),
    );
    expect(ended.code).toBe(0);
    expect(ended.stdout.split("\n")).toHaveLength(20_001);
  });
});
