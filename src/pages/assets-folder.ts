import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { type Assets, assetsOf } from "./assets.ts";

/** Order of the cascade. */
const STYLE = ["tokens", "base", "shell", "parts", "figures", "start", "customer", "audit", "print"];

/** The assets as they lie beside this file and in the font packages. Read once, at start. */
export async function readAssets(): Promise<Assets> {
  const { resolve } = createRequire(import.meta.url);
  const font = (family: string) => {
    const file = `atkinson-hyperlegible-${family}-latin-wght-normal.woff2`;
    return readFile(resolve(`@fontsource-variable/atkinson-hyperlegible-${family}/files/${file}`));
  };
  const beside = (file: string) => readFile(new URL(`style/${file}`, import.meta.url), "utf8");
  const [next, mono, mark, ...style] = await Promise.all([
    font("next"),
    font("mono"),
    beside("mark.svg"),
    ...STYLE.map((name) => beside(`${name}.css`)),
  ]);
  return assetsOf({ style, next, mono, mark });
}
