import { type LookupAddress, type LookupOptions, lookup } from "node:dns";
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** Where notices may go to. */
export interface NetworkRule {
  /** @param address IPv4 or IPv6, as it is connected to */
  allows(address: string): boolean;
  /** Whether plain HTTP will do. */
  plainHttp: boolean;
}

/** Public unicast over TLS: nothing loopback, private, link-local, shared, reserved, tunnelled or mapped onto such. */
export const PUBLIC_ONLY: NetworkRule = {
  allows: (address) => ipaddr.isValid(address) && ipaddr.process(address).range() === "unicast",
  plainHttp: false,
};

/** An address that the rule forbids; nothing was connected to. */
export class AddressForbiddenError extends Error {
  override name = "AddressForbiddenError";
}

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;
type Lookup = (hostname: string, options: LookupOptions, callback: LookupCallback) => void;

/**
 * A look-up for `http.request`: the very addresses that it gives are connected to, so a name that resolves otherwise a
 * moment later (DNS rebinding) changes nothing. One forbidden address among several refuses the name.
 * @param resolve of tests
 */
export function guardedLookup(rule: NetworkRule, resolve: typeof lookup = lookup): Lookup {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      if (addresses.length === 0 || addresses.some(({ address }) => !rule.allows(address)))
        return callback(new AddressForbiddenError("The name leads to an address that is not public"), []);
      if (options.all) return callback(null, addresses);
      const [first] = addresses;
      callback(null, first!.address, first!.family);
    });
  };
}

/** A host that is an address itself is never looked up, so it is checked here. @throws AddressForbiddenError */
export function checkUrl(rule: NetworkRule, url: URL): void {
  if (url.protocol !== "https:" && !(rule.plainHttp && url.protocol === "http:"))
    throw new AddressForbiddenError("A recipient is called over HTTPS");
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) !== 0 && !rule.allows(host)) throw new AddressForbiddenError("The address is not public");
}
