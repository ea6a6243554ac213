// Runs the offline verifier on a file, in this browser: nothing of the file is sent anywhere. Apache-2.0.
//
//   form[data-verify]      hidden until this script is there
//     data-module          address of the verifier
//     data-fetch           where the file comes from, when none is chosen
//     data-words           JSON: fetching, reading, holds, broken, unusable, failed, none
//   [name=file], [name=vkey], [name=kept]   what is verified, under which key, against which kept checkpoint
//   [data-said], progress, pre              where the answer stands

/** @param {HTMLFormElement} form */
function enhance(form) {
  const words = JSON.parse(form.dataset.words ?? "{}");
  const said = form.querySelector("[data-said]");
  const bar = form.querySelector("progress");
  const report = form.querySelector("pre");
  const field = (name) => form.elements.namedItem(name);

  const say = (text, state) => {
    said.textContent = text;
    said.className = `verdict ${state}`;
  };

  /** The document as a Blob, with the share that is here shown on the way. */
  async function fetched() {
    const response = await fetch(form.dataset.fetch, { credentials: "same-origin", redirect: "error" });
    if (!response.ok) throw new Error(String(response.status));
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
    const fromServer = event.submitter?.value === "fetch";
    const chosen = field("file")?.files?.[0];
    if (!fromServer && !chosen) return say(words.none, "");
    const buttons = [...form.querySelectorAll("button")];
    for (const button of buttons) button.disabled = true;
    report.hidden = true;
    try {
      const document_ = fromServer ? await fetched() : chosen;
      const { verifyDocument } = await import(form.dataset.module);
      bar.hidden = false;
      bar.max = Math.max(document_.size, 1);
      say(words.reading, "");
      const started = performance.now();
      const kept = field("kept")?.value.trim();
      const verdict = await verifyDocument(document_, {
        vkey: field("vkey").value,
        ...(kept ? { checkpoint: `${kept}\n` } : {}),
        onProgress: (bytes) => {
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

for (const form of document.querySelectorAll("form[data-verify]")) enhance(form);
