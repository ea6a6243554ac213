/** `node src/subjects/copies/write-schemas.ts` after every change of a copy's form; a test holds the two together. */
import { mkdirSync, writeFileSync } from "node:fs";
import { accessJsonSchema, portabilityJsonSchema } from "./schemas.ts";

const folder = new URL("../../../docs/schemas/", import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [name, schema] of [
  ["access-copy.v2", accessJsonSchema()],
  ["portability.v1", portabilityJsonSchema()],
] as const)
  writeFileSync(new URL(`${name}.schema.json`, folder), `${JSON.stringify(schema, null, 2)}\n`);
