import { html } from "hono/html";
import { logo, type SealState, seal } from "./figures/marks.ts";
import { hatches } from "./figures/svg.ts";
import type { Html, Scene } from "./scene.ts";

export interface Section {
  href: string;
  label: string;
  current: boolean;
}

export interface PageParts {
  title: string;
  /** Decides width, type size and header. */
  kind: "public" | "customer" | "expert";
  sections?: readonly Section[];
  main: Html;
  /** An expert page's last line: the log as it stands, and where this reading is on the record. */
  logLine?: { size: number; root: string; entry: number | null; seal: SealState };
  /** Pages that use the monospaced face load it early. */
  mono?: boolean;
  /** A script that the page is whole without. */
  module?: { src: string; integrity: string };
}

/** The whole document around a view. No inline style or script: the content security policy refuses both. */
export function page(scene: Scene, parts: PageParts): Html {
  const { assets, theme, language, words } = scene;
  return html`<!doctype html>
<html lang="${language}"${theme ? html` data-theme="${theme}"` : ""}>
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">
<title>${parts.title} · Motivo</title>
<link rel="preload" href="${assets.url("next.woff2")}" as="font" type="font/woff2" crossorigin>${parts.mono ? html`<link rel="preload" href="${assets.url("mono.woff2")}" as="font" type="font/woff2" crossorigin>` : ""}
<link rel="stylesheet" href="${assets.url("motivo.css")}"><link rel="icon" type="image/svg+xml" href="${assets.url("mark.svg")}">${parts.module ? html`<script type="module" src="${parts.module.src}" integrity="${parts.module.integrity}"></script>` : ""}</head>
<body class="${parts.kind}">${hatches()}<a class="skip" href="#content">${words.shell.skip}</a>
${header(scene, parts)}${acting(scene)}
<main id="content" tabindex="-1">${parts.main}</main>
${footer(scene, parts)}
</body></html>`;
}

function header(scene: Scene, { kind, sections = [] }: PageParts): Html {
  const { words, controller } = scene;
  const brand =
    kind === "customer"
      ? html`<a class="controller" href="/">${controller}</a><span class="explained">${words.shell.explainedBy} ${logo(14)} Motivo</span>`
      : html`<a class="wordmark" href="/">${logo()} Motivo</a>`;
  return html`<header class="top"><div class="top-inner"><div class="brand">${brand}</div>
${sections.length === 0 ? "" : html`<nav aria-label="${words.shell.navigation}"><ul>${sections.map(({ href, label, current }) => html`<li><a href="${href}"${current ? html` aria-current="page"` : ""}>${label}</a></li>`)}</ul></nav>`}
<div class="settings">${kind === "public" ? html`<span class="whose">${controller}</span>` : ""}${kind === "expert" && scene.name ? html`<span class="whose">${scene.name}</span>` : ""}${settings(scene)}${signOut(scene)}</div></div></header>`;
}

/** On every page while somebody acts for another: for whom, by what, and the way back to oneself. No id is shown. */
function acting({ acting: under, words, numbers, csrf }: Scene): Html | "" {
  if (under === null) return "";
  const { mandates } = words;
  const day = (at: string) => numbers.shortDate(new Date(at));
  const who = under.name ?? mandates.unnamed;
  return html`<aside class="acting" aria-label="${mandates.acting}"><div><p><strong>${mandates.actingFor} ${who}</strong></p><p>${mandates.actingBy(day(under.recordedAt), day(`${under.until}T00:00:00Z`))} ${mandates.actingYou}</p></div>${csrf === null ? "" : html`<form method="post" action="/me/acting/end">${csrfField(csrf)}<button class="button second" type="submit">${mandates.stop}</button></form>`}</aside>`;
}

function settings({ words, language, here }: Scene): Html {
  const other = language === "en" ? "pt-BR" : "en";
  const to = (setting: string) => `/preferences?${setting}&back=${encodeURIComponent(here)}`;
  return html`<a href="${to(`language=${other}`)}" lang="${other}" hreflang="${other}" rel="nofollow">${words.shell.otherLanguage}</a><a class="to-dark" href="${to("theme=dark")}" rel="nofollow">${words.shell.toDark}</a><a class="to-light" href="${to("theme=light")}" rel="nofollow">${words.shell.toLight}</a>`;
}

function signOut({ csrf, words }: Scene): Html | "" {
  if (csrf === null) return "";
  return html`<form class="sign-out" method="post" action="/session/end">${csrfField(csrf)}<button type="submit">${words.shell.signOut}</button></form>`;
}

export const csrfField = (csrf: string): Html => html`<input type="hidden" name="csrf" value="${csrf}">`;

function footer({ words, numbers }: Scene, { kind, logLine }: PageParts): Html {
  const { shell } = words;
  const line =
    logLine === undefined
      ? ""
      : html`<div class="log-line"><p><span>${seal(logLine.seal)} ${shell.seals[logLine.seal]}</span><span><strong>${numbers.count(logLine.size)}</strong> ${shell.entries("").trim()}</span><span>${shell.root} <code>${logLine.root
          .slice(0, 16)
          .match(/.{1,4}/g)
          ?.join(" ")}</code></span><span>${shell.utc}</span>${
          logLine.entry === null
            ? ""
            : html`<span class="reading">${shell.readingOn(numbers.count(logLine.entry))}</span>`
        }</p></div>`;
  return html`<footer>${line}<div class="bottom">${kind === "public" ? html`<span>${shell.sourceNote}</span>` : html`<span></span>`}<ul><li><a href="/docs">${shell.apiReference}</a></li><li><a href="/log/vkey">${shell.logKey}</a></li><li><a href="/log/checkpoint">${shell.checkpoint}</a></li></ul></div></footer>`;
}

/** The same numbers as a figure's, as a table that folds out. */
export function numbersTable(
  scene: Scene,
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): Html {
  return html`<details class="numbers"><summary>${scene.words.shell.figureNumbers}</summary><div class="table-room"><table><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead><tbody>${rows.map(
    ([first, ...rest]) =>
      html`<tr><th scope="row">${first}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>`,
  )}</tbody></table></div></details>`;
}

/** How to reach the data-protection officer: a link when the setting is an address. */
export function officer({ dataProtectionOfficer }: Scene): Html {
  return isAddress(dataProtectionOfficer)
    ? html`<a href="mailto:${dataProtectionOfficer}">${dataProtectionOfficer}</a>`
    : html`${dataProtectionOfficer}`;
}

export const isAddress = (text: string): boolean => /^[^\s@<>?&]+@[^\s@<>?&]+$/.test(text);
