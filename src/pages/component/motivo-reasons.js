// <motivo-reasons>: the reasons of one decision, drawn and said. Apache-2.0, https://www.apache.org/licenses/LICENSE-2.0
// No dependency, no inline style, nothing evaluated: works under default-src 'none'; script-src 'self'; connect-src 'self'.
//
//   decision      attribute with JSON, or property with an object: a decision as the API answers it, of which only
//                 language, reasons and attributions are read
//   src           address that gives that JSON, of the page's own backend
//   lang          pt-BR or en; else the decision's language
//   heading       words of the heading
//   heading-level 1 to 6, 2 when absent
//   theme         light or dark; else the page's own color-scheme
//   all-href, contest-href  where all reasons stand, and where the decision can be contested
//
// What stands between the tags is shown until the reasons are there, when they cannot be, and without scripts.

/** @typedef {{ feature: string, direction: "for" | "against", text: string }} Reason */
/** @typedef {{ value: number, interval: [number, number] }} Attribution */
/** @typedef {{ language: "pt-BR" | "en", reasons: Reason[], attributions: Record<string, Attribution> }} Decision */
/** @typedef {{ text: string, toward: number, lower: number, upper: number, certain: string }} Row */

const WORDS = {
  "pt-BR": {
    heading: "O que mais pesou",
    for: "a favor",
    against: "contra",
    certain: "certo",
    almost: "quase certo",
    exact: "exato",
    none: "Nenhum motivo pesou mais do que a margem do cálculo.",
    failed: "Os motivos não puderam ser mostrados agora.",
    table: "Números da figura",
    reason: "Motivo",
    weight: "Peso",
    margin: "Margem de 95%",
    all: "Todos os motivos",
    contest: "Contestar",
  },
  en: {
    heading: "What counted most",
    for: "for",
    against: "against",
    certain: "certain",
    almost: "almost certain",
    exact: "exact",
    none: "No reason counted for more than the margin of the calculation.",
    failed: "The reasons cannot be shown just now.",
    table: "Numbers of the figure",
    reason: "Reason",
    weight: "Weight",
    margin: "95% margin",
    all: "All reasons",
    contest: "Contest",
  },
};

const STYLE = `
:host { display: block; color-scheme: inherit;
  --ground: var(--motivo-ground, light-dark(#ffffff, #18211f)); --ink: light-dark(#12201e, #e7edeb);
  --ink2: light-dark(#435350, #b3c0bc); --edge: light-dark(#7f8e8a, #697773); --rule: light-dark(#d3dcda, #2c3836);
  --pro: light-dark(#0b6178, #5dbcd6); --pro-soft: light-dark(#b9dde6, #1e4652);
  --con: light-dark(#a84a06, #f2a05b); --con-soft: light-dark(#f3d2b4, #57371c); }
:host([hidden]) { display: none; }
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
section { max-width: 44em; background: var(--ground); color: var(--ink); border: 1px solid var(--edge); border-radius: 3px; padding: 16px 20px; font: inherit; line-height: 1.45; }
.heading { font-size: 1.15em; font-weight: 640; margin: 0; }
.sides { max-width: 420px; display: flex; justify-content: space-between; font-size: 0.85em; font-weight: 640; margin: 8px 0 6px; }
.against { color: var(--con); }
.for { color: var(--pro); }
ul { list-style: none; margin: 0; padding: 0; }
li { border-top: 1px solid var(--rule); padding: 8px 0; }
.said { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 16px; }
.certain { color: var(--ink2); font-size: 0.85em; }
svg { display: block; width: 100%; max-width: 420px; height: auto; margin-top: 4px; }
.bar-for { fill: var(--pro); }
.bar-against { stroke: var(--con); }
.pale-for { fill: var(--pro-soft); stroke: var(--pro); }
.pale-against { fill: var(--con-soft); stroke: var(--con); }
.hatch-ground { fill: var(--con-soft); }
.hatch-line { fill: var(--con); }
.line { stroke: var(--ink); stroke-width: 2; }
.room { overflow-x: auto; }
details, .links { border-top: 1px solid var(--rule); padding-top: 8px; font-size: 0.85em; }
.links { display: flex; flex-wrap: wrap; gap: 0 20px; margin-top: 8px; }
summary, a { color: var(--ink); text-decoration: underline; text-underline-offset: 3px; cursor: pointer; }
a { display: inline-block; padding: 4px 0; }
summary { color: var(--ink2); padding: 4px 0; }
table { border-collapse: collapse; }
th, td { text-align: left; font-weight: 400; padding: 4px 16px 4px 0; border-top: 1px solid var(--rule); vertical-align: top; }
td { white-space: nowrap; font-feature-settings: "tnum"; }
:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
@media (forced-colors: active) { rect { fill: Canvas; stroke: CanvasText; } .bar-for { fill: CanvasText; } .line { stroke: CanvasText; } }
@media (max-width: 480px) { a, summary { padding: 11px 0; } section { padding: 12px 14px; } }
`;

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 320;

/** One sheet for every element of the page. @type {CSSStyleSheet | undefined} */
let sheet;
function sharedSheet() {
  if (sheet === undefined) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
  }
  return sheet;
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {(Node | string)[]} children
 */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {Node[]} children
 */
function shape(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/** @param {unknown} value @returns {value is number} */
const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

/**
 * What is read of a decision, or null when it is none.
 * @param {unknown} value
 * @returns {Decision | null}
 */
function readDecision(value) {
  if (typeof value !== "object" || value === null) return null;
  const { language, reasons, attributions } = /** @type {Partial<Decision>} */ (value);
  if (!Array.isArray(reasons) || typeof attributions !== "object" || attributions === null) return null;
  for (const reason of reasons) {
    if (typeof reason?.text !== "string" || !["for", "against"].includes(reason.direction)) return null;
    const { value: weight, interval } = attributions[reason.feature] ?? {};
    if (!isNumber(weight) || !isNumber(interval?.[0]) || !isNumber(interval?.[1])) return null;
  }
  return { language: language === "en" ? "en" : "pt-BR", reasons, attributions };
}

/**
 * Toward the person's favour: right of zero is for, whatever a high output means.
 * @param {Decision} decision
 * @param {typeof WORDS["en"]} words
 * @returns {Row[]}
 */
function rowsOf({ reasons, attributions }, words) {
  return reasons.map(({ feature, direction, text }) => {
    const { value, interval } = /** @type {Attribution} */ (attributions[feature]);
    const sign = Math.sign(value) * (direction === "for" ? 1 : -1);
    const ends = interval.map((end) => sign * end).sort((a, b) => a - b);
    const [lower = 0, upper = 0] = ends;
    const half = (upper - lower) / 2;
    const certain = half === 0 ? words.exact : half <= Math.abs(value) / 4 ? words.certain : words.almost;
    return { text, toward: sign * value, lower, upper, certain };
  });
}

/**
 * Full from zero to the nearer bound of the interval, pale from bound to bound, a tick at the estimate.
 * @param {Row} row
 * @param {(value: number) => number} x
 * @param {string} sentence
 */
function bar({ toward, lower, upper }, x, sentence) {
  const side = toward >= 0 ? "for" : "against";
  const sure = lower > 0 ? lower : Math.min(upper, 0);
  const drawn = shape("svg", {
    viewBox: `0 0 ${WIDTH} 28`,
    role: "img",
    "aria-label": sentence,
  });
  const fill = side === "against" ? { fill: "url(#hatch)" } : {};
  const rect = (/** @type {string} */ name, /** @type {number} */ a, /** @type {number} */ b, more = {}) =>
    shape("rect", {
      class: `${name}-${side}`,
      x: Math.min(x(a), x(b)),
      y: 6,
      width: Math.abs(x(a) - x(b)),
      height: 16,
      ...more,
    });
  if (upper > lower) drawn.append(rect("pale", lower, upper));
  if (sure !== 0) drawn.append(rect("bar", 0, sure, fill));
  if (upper > lower) drawn.append(shape("path", { class: "line", d: `M${x(toward)} 4V24` }));
  drawn.append(shape("path", { class: "line", d: `M${x(0)} 0V28` }));
  return drawn;
}

/** The hatch that says "against". An identifier counts inside its own shadow tree only. */
function hatch() {
  const pattern = shape(
    "pattern",
    { id: "hatch", width: 5.6, height: 5.6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    shape("rect", { class: "hatch-ground", width: 5.6, height: 5.6 }),
    shape("rect", { class: "hatch-line", width: 3, height: 5.6 }),
  );
  const holder = shape("svg", { width: 0, height: 0, "aria-hidden": "true" }, shape("defs", {}, pattern));
  holder.setAttribute("display", "block");
  return holder;
}

/** Only addresses that lead to a page: what a template filled in may be anything. @param {string} href */
function isPage(href) {
  try {
    return ["http:", "https:"].includes(new URL(href, document.baseURI).protocol);
  } catch {
    return false;
  }
}

class MotivoReasons extends HTMLElement {
  static observedAttributes = [
    "decision",
    "src",
    "lang",
    "heading",
    "heading-level",
    "all-href",
    "contest-href",
  ];

  /** @type {Decision | null} */
  #decision = null;
  /** Counts fetches, so that a slow answer does not overwrite a later one. */
  #asked = 0;
  #root = this.attachShadow({ mode: "open" });

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [sharedSheet()];
    this.#root.append(element("slot"));
  }

  /** The decision that is shown; null while there is none. */
  get decision() {
    return this.#decision;
  }

  /** @param {unknown} value a decision as the API answers it, or null for what stands between the tags */
  set decision(value) {
    this.#asked += 1;
    this.#take(value);
  }

  connectedCallback() {
    // A property that was set before the element was known hides the setter.
    if (Object.hasOwn(this, "decision")) {
      const { decision } = this;
      Reflect.deleteProperty(this, "decision");
      this.decision = decision;
    }
  }

  /**
   * @param {string} name
   * @param {string | null} _before
   * @param {string | null} value
   */
  attributeChangedCallback(name, _before, value) {
    if (name === "src" && value !== null) this.#fetch(value);
    else if (name === "decision" && value !== null) this.decision = parsed(value);
    else if (this.#decision !== null) this.#show(this.#decision);
  }

  /** @param {string} src */
  async #fetch(src) {
    this.#asked += 1;
    const turn = this.#asked;
    /** @type {unknown} */
    let answer;
    try {
      const response = await fetch(src, { headers: { accept: "application/json" } });
      answer = response.ok ? await response.json() : undefined;
    } catch {
      answer = undefined;
    }
    if (turn === this.#asked) this.#take(answer);
  }

  /** @param {unknown} value */
  #take(value) {
    this.#decision = readDecision(value);
    if (this.#decision !== null) this.#show(this.#decision);
    else if (value === null) this.#root.replaceChildren(element("slot"));
    else this.#fail();
    const name = this.#decision === null ? (value === null ? null : "motivo-failed") : "motivo-shown";
    if (name !== null) this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true }));
  }

  /** What stands between the tags is better than a sentence; the sentence is better than nothing. */
  #fail() {
    const instead = element("slot");
    instead.append(element("section", {}, element("p", {}, this.#words("pt-BR").failed)));
    this.#root.replaceChildren(instead);
  }

  /** @param {"pt-BR" | "en"} language */
  #words(language) {
    const asked = (this.lang || language).toLowerCase();
    return asked.startsWith("en") ? WORDS.en : WORDS["pt-BR"];
  }

  /** @param {Decision} decision */
  #show(decision) {
    const words = this.#words(decision.language);
    const language = words === WORDS.en ? "en" : "pt-BR";
    const number = new Intl.NumberFormat(language, {
      minimumFractionDigits: 2,
      maximumFractionDigits: 2,
      signDisplay: "exceptZero",
    });
    const write = (/** @type {number} */ value) => number.format(value).replace("-", "\u2212");
    const level = Number(this.getAttribute("heading-level") ?? 2);
    const heading = element(
      level >= 1 && level <= 6 ? `h${Math.trunc(level)}` : "h2",
      { class: "heading" },
      this.getAttribute("heading") ?? words.heading,
    );
    const rows = rowsOf(decision, words);
    const body =
      rows.length === 0 ? [element("p", {}, words.none)] : figure(rows, decision.language, words, write);
    this.#root.replaceChildren(
      hatch(),
      element("section", { lang: language }, heading, ...body, ...this.#links(words)),
    );
  }

  /** @param {typeof WORDS["en"]} words */
  #links(words) {
    const links = /** @type {const} */ ([
      ["all-href", words.all],
      ["contest-href", words.contest],
    ]).flatMap(([name, label]) => {
      const href = this.getAttribute(name);
      return href !== null && isPage(href) ? [element("a", { href }, label)] : [];
    });
    return links.length === 0 ? [] : [element("div", { class: "links" }, ...links)];
  }
}

/**
 * @param {Row[]} rows
 * @param {string} spoken the language that the reasons are worded in
 * @param {typeof WORDS["en"]} words
 * @param {(value: number) => string} write
 */
function figure(rows, spoken, words, write) {
  const low = Math.min(0, ...rows.map(({ lower, toward }) => Math.min(lower, toward)));
  const high = Math.max(0, ...rows.map(({ upper, toward }) => Math.max(upper, toward)));
  // Each side keeps a quarter, so that a bar is seen to have one.
  const from = Math.min(low, -high / 3) || -1;
  const to = Math.max(high, -low / 3) || 1;
  const x = (/** @type {number} */ value) =>
    Math.round((2 + ((value - from) / (to - from)) * (WIDTH - 4)) * 100) / 100;
  const within = (/** @type {Row} */ { lower, upper }) =>
    upper > lower ? `${write(lower)} \u2026 ${write(upper)}` : words.exact;
  const item = (/** @type {Row} */ row) => {
    const said = element(
      "div",
      { class: "said" },
      element("span", { lang: spoken }, row.text),
      element("span", { class: "certain" }, row.certain),
    );
    const sentence = `${row.toward >= 0 ? words.for : words.against}: ${write(row.toward)} (${within(row)})`;
    return element("li", {}, said, bar(row, x, sentence));
  };
  const heads = [words.reason, words.weight, words.margin].map((head) =>
    element("th", { scope: "col" }, head),
  );
  const cells = (/** @type {Row} */ row) =>
    element(
      "tr",
      {},
      element("th", { scope: "row", lang: spoken }, row.text),
      element("td", {}, write(row.toward)),
      element("td", {}, within(row)),
    );
  const table = element(
    "table",
    {},
    element("thead", {}, element("tr", {}, ...heads)),
    element("tbody", {}, ...rows.map(cells)),
  );
  const sides = [
    element("span", { class: "against" }, words.against),
    element("span", { class: "for" }, words.for),
  ];
  const summary = element("summary", {}, words.table);
  return [
    element("div", { class: "sides", "aria-hidden": "true" }, ...sides),
    element("ul", {}, ...rows.map(item)),
    element("details", {}, summary, element("div", { class: "room", tabindex: 0 }, table)),
  ];
}

/** @param {string} json */
function parsed(json) {
  try {
    return JSON.parse(json) ?? undefined;
  } catch {
    return undefined;
  }
}

if (customElements.get("motivo-reasons") === undefined)
  customElements.define("motivo-reasons", MotivoReasons);
