import type { NoticeContent } from "../outbox/notices.ts";
import type { NetworkRule } from "../outbox/public-address.ts";
import { post } from "../outbox/webhook.ts";
import type { RightsSettings } from "../requests/settings.ts";
import { statusBody } from "./body.ts";
import type { Caller } from "./callers.ts";
import type { OpenDsr } from "./settings.ts";
import { signedHeaders } from "./signature.ts";

/** Posts a status callback (§8.6), signed over its raw body. @returns the status of the answer */
export function postCallback(
  openDsr: OpenDsr,
  rights: RightsSettings,
  caller: Caller,
  { url, told }: Extract<NoticeContent, { channel: "opendsr" }>,
  network: NetworkRule,
): Promise<number> {
  const body = JSON.stringify({ ...statusBody(openDsr, rights, caller, told), status_callback_url: url });
  return post(url, signedHeaders(openDsr.identity, body), body, network);
}
