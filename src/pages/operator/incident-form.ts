import { html } from "hono/html";
import type { Html, Scene } from "../scene.ts";

export const INCIDENT_FIELDS = ["aware", "from", "to", "model", "version", "actor"] as const;
export type IncidentField = (typeof INCIDENT_FIELDS)[number];
export type IncidentTyped = Partial<Record<IncidentField, string>>;

export interface IncidentForm {
  typed: IncidentTyped;
  wrong: readonly IncidentField[];
  models: readonly string[];
  timeZone: string;
}

const TIMES: readonly IncidentField[] = ["aware", "from", "to"];

/** What is asked about an incident: a GET form, so that an answer can be come back to. */
export function incidentForm(scene: Scene, { typed, wrong, models, timeZone }: IncidentForm): Html {
  const texts = scene.words.incident;
  const shown: readonly IncidentField[] = ["from", "to", "model", "version", "actor", "aware"];
  const field = (name: IncidentField) => {
    const bad = wrong.includes(name);
    const about = html`${bad ? html` aria-invalid="true" aria-describedby="error-${name}"` : name === "actor" ? html` aria-describedby="hint-actor"` : ""}`;
    const value = typed[name] ?? "";
    const control =
      name === "model"
        ? html`<select id="incident-model" name="model"${about}><option value="">${texts.any}</option>${models.map((model) => html`<option value="${model}"${model === value ? html` selected` : ""}>${model}</option>`)}</select>`
        : html`<input id="incident-${name}" name="${name}" ${TIMES.includes(name) ? html`type="datetime-local"` : html`type="text"${name === "version" ? html` inputmode="numeric"` : ""} placeholder="${texts.any}"`} value="${value}" autocomplete="off"${about}>`;
    return html`<div class="field field-${name}"><label for="incident-${name}">${texts[name]}</label>${control}${bad ? html`<p class="field-error" id="error-${name}">${name === "version" ? texts.badVersion : texts.badTime}</p>` : ""}${name === "actor" ? html`<p class="field-hint" id="hint-actor">${texts.actorHint}</p>` : ""}</div>`;
  };
  return html`<form class="filters incident-form" method="get" action="/operator/incident">${shown.map(field)}<div class="filter-buttons"><button class="button" type="submit">${texts.show}</button></div><p class="note">${texts.zone(timeZone)}</p></form>`;
}
