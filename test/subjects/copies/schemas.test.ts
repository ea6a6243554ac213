import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { accessJsonSchema, portabilityJsonSchema } from "../../../src/subjects/copies/schemas.ts";

it.each([
  ["access-copy.v2", accessJsonSchema],
  ["portability.v1", portabilityJsonSchema],
])("docs/schemas/%s is the form of what is written", (name, schema) => {
  const published = readFileSync(`docs/schemas/${name}.schema.json`, "utf8");
  expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(schema())));
});
