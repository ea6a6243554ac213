// Runs the offline verifier on a file, in this browser: nothing of the file is sent anywhere. Apache-2.0.
//
//   form[data-verify]      hidden until this script is there
//     data-module          address of the verifier
//     data-fetch           where the file comes from, when none is chosen
//     data-words           JSON: fetching, reading, holds, broken, unusable, failed, none
//   [name=file], [name=vkey], [name=kept]   what is verified, under which key, against which kept checkpoint
//   [data-said], progress, pre              where the answer stands

/**
 * What the page's server wrote into the form.
 * @template {Element} E
 * @param {HTMLFormElement} form
 * @param {string} selector
 * @param {new () => E} kind
 */
function part(form, selector, kind) {
  const found = form.querySelector(selector);
  if (!(found instanceof kind)) throw new TypeError(`the form lacks ${selector}`);
  return found;
}

/** @param {HTMLFormElement} form */
function enhance(form) {
  const words = JSON.parse(form.dataset.words ?? "{}");
  const { module = "", fetch: source = "" } = form.dataset;
  const said = part(form, "[data-said]", HTMLElement);
  const bar = part(form, "progress", HTMLProgressElement);
  const report = part(form, "pre", HTMLElement);

  /** @param {string} name */
  const written = (name) => {
    const field = form.elements.namedItem(name);
    return field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement
      ? field.value.trim()
      : "";
  };
  /** The file that was chosen, if any. */
  const chosenFile = () => {
    const field = form.elements.namedItem("file");
    return field instanceof HTMLInputElement ? field.files?.[0] : undefined;
  };
  /** @param {string} text @param {string} state */
  const say = (text, state) => {
    said.textContent = text;
    said.className = `verdict ${state}`;
  };

  /** The document as a Blob, with the share that is here shown on the way. */
  async function fetched() {
    const response = await fetch(source, { credentials: "same-origin", redirect: "error" });
    if (!response.ok || response.body === null) throw new Error(String(response.status));
    const parts = [];
    let bytes = 0;
    for (const reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      bytes += value.length;
      say(`${words.fetching} ${Math.round(bytes / 1000)} kB`, "");
    }
    return new Blob(parts);
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { submitter } = event;
    const fromServer = submitter instanceof HTMLButtonElement && submitter.value === "fetch";
    const chosen = chosenFile();
    if (!fromServer && chosen === undefined) return say(words.none, "");
    const buttons = [...form.querySelectorAll("button")];
    for (const button of buttons) button.disabled = true;
    report.hidden = true;
    try {
      const given = chosen === undefined || fromServer ? await fetched() : chosen;
      const { verifyDocument } = await import(module);
      bar.hidden = false;
      bar.max = Math.max(given.size, 1);
      say(words.reading, "");
      const started = performance.now();
      const kept = written("kept");
      const verdict = await verifyDocument(given, {
        vkey: written("vkey"),
        ...(kept ? { checkpoint: `${kept}\n` } : {}),
        onProgress: (/** @type {number} */ bytes) => {
          bar.value = bytes;
        },
      });
      bar.value = bar.max;
      const took = ` ${Math.round(performance.now() - started)} ms`;
      if (verdict.ok) say(words.holds + took, "held");
      else if (verdict.state === "UNUSABLE") say(`${words.unusable} ${verdict.code}`, "broken");
      else say(`${words.broken} ${verdict.code}`, "broken");
      report.textContent = verdict.words;
      report.hidden = false;
    } catch {
      say(words.failed, "broken");
    } finally {
      bar.hidden = true;
      for (const button of buttons) button.disabled = false;
    }
  });
  form.hidden = false;
}

for (const form of document.querySelectorAll("form[data-verify]")) {
  if (form instanceof HTMLFormElement) enhance(form);
}
