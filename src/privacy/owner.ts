import type { Epoch } from "./epoch.ts";
import type { EpochRing } from "./epoch-ring.ts";
import { seal, unseal } from "./sealing.ts";

const uuidBytes = (id: string) => Buffer.from(id.replaceAll("-", ""), "hex");
const uuidText = (bytes: Uint8Array) =>
  Buffer.from(bytes)
    .toString("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");

const EPOCH_BYTES = 4;
/** Nonce 12, id 16, authentication tag 16: an owner from when there was one epoch, and no number in front. */
const FIRST_FORM_BYTES = 44;

/** The epoch that an owner is sealed under. */
export function epochOfOwner(owner: Uint8Array): number {
  if (owner.length === FIRST_FORM_BYTES) return 1;
  return new DataView(owner.buffer, owner.byteOffset, owner.byteLength).getUint32(0);
}

/** Which data key opens the payload behind a tag: u32 epoch ‖ its id sealed under the epoch, the tag bound in. */
export function sealOwner(epoch: Epoch, dataKeyId: string, tag: Uint8Array): Uint8Array {
  const number = Buffer.alloc(EPOCH_BYTES);
  number.writeUInt32BE(epoch.number);
  return Buffer.concat([number, seal(epoch.ownerKey, uuidBytes(dataKeyId), tag)]);
}

/** @returns the id of the data key. @throws StaleEpochError, SealError */
export function openOwner(ring: EpochRing, owner: Uint8Array, tag: Uint8Array): string {
  const sealed = owner.length === FIRST_FORM_BYTES ? owner : owner.subarray(EPOCH_BYTES);
  return uuidText(unseal(ring.of(epochOfOwner(owner)).ownerKey, sealed, tag));
}
