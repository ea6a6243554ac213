import { SingleBar } from "cli-progress";

/** Tells the story: headings, sentences, what was checked, and a bar while many decisions are made. */
export interface Teller {
  chapter(title: string): void;
  say(sentence: string): void;
  checked(fact: string): void;
  /** @returns what to call after each piece of work */
  progress(total: number, unit: string): () => void;
}

export const silent: Teller = {
  chapter() {},
  say() {},
  checked() {},
  progress: () => () => {},
};

const WIDTH = 100;
const INDENT = "  ";

/** Breaks at spaces; no line is longer than the width unless a word is. */
function wrapped(text: string, first: string, further: string): string {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(" ")) {
    if (!empty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = further + word;
    } else {
      line += empty ? word : ` ${word}`;
    }
    empty = false;
  }
  return `${[...lines, line].join("\n")}\n`;
}

export function tellerOn(out: NodeJS.WriteStream): Teller {
  return {
    chapter: (title) => void out.write(`\n${title}\n`),
    say: (sentence) => void out.write(wrapped(sentence, INDENT, INDENT)),
    checked: (fact) => void out.write(wrapped(fact, `${INDENT}✓ `, `${INDENT}  `)),
    progress: (total, unit) => (out.isTTY ? bar(out, total, unit) : lines(out, total, unit)),
  };
}

function bar(out: NodeJS.WriteStream, total: number, unit: string): () => void {
  const drawn = new SingleBar({
    stream: out,
    format: `${INDENT}{bar} {value} of {total} ${unit}, {duration_formatted}`,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    hideCursor: true,
  });
  drawn.start(total, 0);
  let count = 0;
  return () => {
    drawn.increment();
    count += 1;
    if (count === total) drawn.stop();
  };
}

/** Where nobody watches, a line a quarter. */
function lines(out: NodeJS.WriteStream, total: number, unit: string): () => void {
  let count = 0;
  return () => {
    count += 1;
    const quarter = (n: number) => Math.floor((4 * n) / total);
    if (quarter(count) > quarter(count - 1)) out.write(`${INDENT}${count} of ${total} ${unit}\n`);
  };
}
