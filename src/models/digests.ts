import { hash } from "node:crypto";
import { canonicalize } from "../../audit/canonical.ts";
import type { Contract } from "./contract.ts";

/** SHA-256 in lower-case hexadecimal. */
export function sha256(bytes: Uint8Array | string): string {
  return hash("sha256", bytes, "hex");
}

/**
 * What was promised about each feature when a decision was made: why it was used, on what basis, how long it
 * stays, and how the record blurs it, with the definitions that those names stand for.
 */
export function policyDigest(contract: Contract): string {
  const { features, purposes, bases, retentions, afterErasure, quasiIdentifiers, risk } = contract;
  const promised = features.map(({ name, purpose, basis, retention, sensitivity, policy }) => ({
    name,
    purpose,
    basis,
    retention,
    sensitivity,
    policy,
  }));
  return sha256(
    canonicalize({
      features: promised,
      purposes,
      bases,
      retentions,
      afterErasure,
      // Packages without it have the digest that they always had.
      ...(risk === undefined ? {} : { quasiIdentifiers, risk }),
    }),
  );
}

/** One digest for everything handed over: the same package published twice has it twice. */
export function packageDigest(files: ReadonlyMap<string, Uint8Array>): string {
  const lines = [...files].map(([name, bytes]) => `${sha256(bytes)}  ${name}\n`).sort();
  return sha256(lines.join(""));
}
