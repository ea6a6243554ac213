/** The call as it is copied: each text runs as it stands, with MOTIVO_URL and MOTIVO_TOKEN in the environment. */

import type { ReasonsComponent } from "../component.ts";

export interface Call {
  model: string;
  subject: string;
  language: string;
  inputs: Readonly<Record<string, string | number>>;
}

const WIDTH = 60;

/** An object's members as JSON, as many on a line as fit. Strings and numbers alone, so it is Python too. */
function members(inputs: Call["inputs"], indent: string): string {
  const lines: string[] = [];
  for (const [name, value] of Object.entries(inputs)) {
    const member = `${JSON.stringify(name)}: ${JSON.stringify(value)}`;
    const last = lines.at(-1);
    if (last !== undefined && last.length + member.length + 2 <= WIDTH) {
      lines[lines.length - 1] = `${last}, ${member}`;
    } else lines.push(member);
  }
  return lines.map((line) => `${indent}${line}`).join(",\n");
}

const object = (inputs: Call["inputs"], indent: string): string =>
  `{\n${members(inputs, `${indent}  `)}\n${indent}}`;

export const environment = (origin: string): string => `export MOTIVO_URL=${origin}\nexport MOTIVO_TOKEN=`;

/** The body comes from a quoted here-document: nothing in it means anything to the shell. */
export function curlCall({ model, subject, language, inputs }: Call): string {
  return `curl -sS "$MOTIVO_URL/v1/models/${model}/decisions" \\
  -H "Authorization: Bearer $MOTIVO_TOKEN" \\
  -H "Content-Type: application/json" \\
  -H "Idempotency-Key: try-$(date +%s)" \\
  -d @- <<'JSON'
{
  "subject": ${JSON.stringify(subject)},
  "language": ${JSON.stringify(language)},
  "inputs": ${object(inputs, "  ")}
}
JSON`;
}

export function typescriptCall({ model, subject, language, inputs }: Call): string {
  return `const { MOTIVO_URL, MOTIVO_TOKEN } = process.env;

const response = await fetch(\`\${MOTIVO_URL}/v1/models/${model}/decisions\`, {
  method: "POST",
  headers: {
    authorization: \`Bearer \${MOTIVO_TOKEN}\`,
    "content-type": "application/json",
    "idempotency-key": crypto.randomUUID(),
  },
  body: JSON.stringify({
    subject: ${JSON.stringify(subject)},
    language: ${JSON.stringify(language)},
    inputs: ${object(inputs, "    ")},
  }),
});
const answer = await response.json() as {
  id: string;
  outcome: string;
  reasons: { text: string }[];
  code?: string;
};
if (!response.ok) throw new Error(answer.code);
console.log(answer.outcome);
for (const { text } of answer.reasons) console.log(text);`;
}

export function pythonCall({ model, subject, language, inputs }: Call): string {
  return `import json, os, urllib.request, uuid

request = urllib.request.Request(
    os.environ["MOTIVO_URL"] + "/v1/models/${model}/decisions",
    method="POST",
    headers={
        "Authorization": "Bearer " + os.environ["MOTIVO_TOKEN"],
        "Content-Type": "application/json",
        "Idempotency-Key": str(uuid.uuid4()),
    },
    data=json.dumps({
        "subject": ${JSON.stringify(subject)},
        "language": ${JSON.stringify(language)},
        "inputs": ${object(inputs, "        ")},
    }).encode(),
)
with urllib.request.urlopen(request) as response:
    answer = json.load(response)
print(answer["outcome"])
for reason in answer["reasons"]:
    print(reason["text"])`;
}

export function batchCall({ model, subject, language, inputs }: Call): string {
  return `curl -sS "$MOTIVO_URL/v1/models/${model}/decisions/batch" \\
  -H "Authorization: Bearer $MOTIVO_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d @- <<'JSON'
{
  "language": ${JSON.stringify(language)},
  "decisions": [
    {
      "subject": ${JSON.stringify(subject)},
      "inputs": ${object(inputs, "      ")}
    }
  ]
}
JSON`;
}

/** What stands on a page of the product's own. */
export function embedding(
  component: ReasonsComponent,
  more: { origin: string; backend: string; language: string; fallback: string },
): string {
  const text = more.fallback.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<script type="module" crossorigin="anonymous"
  src="${more.origin}${component.path}"
  integrity="${component.integrity}"></script>

<motivo-reasons src="${more.backend}" lang="${more.language}">
  ${text}
</motivo-reasons>`;
}
