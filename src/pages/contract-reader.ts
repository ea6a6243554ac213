import type { Contract } from "../models/contract.ts";
import type { PagesDeps } from "./deps.ts";

/** Reads each version's contract once a request, however many decisions refer to it. */
export function contractReader({
  contract: read,
}: Pick<PagesDeps, "contract">): (model: string, version: number) => Promise<Contract> {
  const found = new Map<string, Promise<Contract>>();
  return (model, version) => {
    const key = `${model}@${version}`;
    const contract = found.get(key) ?? read(model, version);
    found.set(key, contract);
    return contract;
  };
}
