/**
 * Addresses that OpenDSR had under its earlier names, with a version before them or without: all parties must honour them
 * (§10.1). `/v1/requests` is not among them; it is the operators'.
 */
const REQUESTS = /^(?:\/v[12])?\/open(?:gdpr|dsr|compliance)_requests(\/.*)?$/i;
const DISCOVERY = /^(?:\/v1)?\/discovery$/;

/** An address as it is mounted today. */
export function todaysPath(path: string): string {
  if (DISCOVERY.test(path)) return "/v2/discovery";
  return path.replace(REQUESTS, "/v2/requests$1");
}
