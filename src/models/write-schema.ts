/** `node src/models/write-schema.ts` after every change of the contract; a test holds the two together. */
import { writeFileSync } from "node:fs";
import { contractJsonSchema } from "./contract.ts";

const file = new URL("../../packages/model.schema.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(contractJsonSchema(), null, 2)}\n`);
