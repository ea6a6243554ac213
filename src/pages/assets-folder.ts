import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Assets, assetsOf } from "./assets.ts";

/** Order of the cascade. */
const STYLE = [
  "tokens",
  "base",
  "shell",
  "parts",
  "figures",
  "start",
  "customer",
  "requests",
  "filters",
  "decision-list",
  "waterfall",
  "evidence",
  "product",
  "operator",
  "oversight",
  "print",
];

/** The assets as they lie beside this file and in the font packages. Read once, at start. */
export function folderAssets(): Assets {
  const { resolve } = createRequire(import.meta.url);
  const font = (family: string) => {
    const file = `atkinson-hyperlegible-${family}-latin-wght-normal.woff2`;
    return readFileSync(resolve(`@fontsource-variable/atkinson-hyperlegible-${family}/files/${file}`));
  };
  const beside = (file: string) => readFileSync(new URL(`style/${file}`, import.meta.url), "utf8");
  return assetsOf({
    style: STYLE.map((name) => beside(`${name}.css`)),
    next: font("next"),
    mono: font("mono"),
    mark: beside("mark.svg"),
  });
}
