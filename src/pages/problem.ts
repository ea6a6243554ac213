import { html } from "hono/html";
import type { Problem } from "../errors.ts";
import { page } from "./layout.ts";
import type { Html, Scene } from "./scene.ts";

/** A refused request as a page: what, why, what stayed as it was, when to try again, and the stable code. */
export function problemPage(scene: Scene, problem: Problem, requestId: string): Html {
  const words = scene.words.problem;
  const title = problem.code === "not_found" ? words.notFound : words.title;
  const why = words.byCode[problem.code] ?? problem.message;
  return page(scene, {
    title,
    kind: "public",
    mono: true,
    main: html`<section class="sheet refusal"><h1>${title}</h1><p>${why} ${problem.code === "not_found" ? "" : words.unchanged}${problem.retryAfterSeconds === undefined ? "" : html` ${words.retry(String(problem.retryAfterSeconds))}`}</p><dl class="reference"><div><dt>${words.code}</dt><dd><code>${problem.code}</code></dd></div><div><dt>${words.request}</dt><dd><code>${requestId}</code></dd></div></dl></section><p class="buttons"><a class="button second" href="/">${words.home}</a></p>`,
  });
}
