import mono from "@fontsource-variable/atkinson-hyperlegible-mono/files/atkinson-hyperlegible-mono-latin-wght-normal.woff2";
import next from "@fontsource-variable/atkinson-hyperlegible-next/files/atkinson-hyperlegible-next-latin-wght-normal.woff2";
import { type Assets, assetsOf } from "./assets.ts";
import base from "./style/base.css";
import customer from "./style/customer.css";
import decisionList from "./style/decision-list.css";
import evidence from "./style/evidence.css";
import figures from "./style/figures.css";
import filters from "./style/filters.css";
import mark from "./style/mark.svg";
import operator from "./style/operator.css";
import oversight from "./style/oversight.css";
import parts from "./style/parts.css";
import print from "./style/print.css";
import product from "./style/product.css";
import requests from "./style/requests.css";
import shell from "./style/shell.css";
import start from "./style/start.css";
import tokens from "./style/tokens.css";
import waterfall from "./style/waterfall.css";

/** The assets out of a Worker's bundle, in the cascade of `assets-folder.ts`: the same bytes, so the same addresses. */
export function bundledAssets(): Assets {
  return assetsOf({
    style: [
      tokens,
      base,
      shell,
      parts,
      figures,
      start,
      customer,
      requests,
      filters,
      decisionList,
      waterfall,
      evidence,
      product,
      operator,
      oversight,
      print,
    ],
    next: new Uint8Array(next),
    mono: new Uint8Array(mono),
    mark,
  });
}
