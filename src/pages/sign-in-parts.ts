import type { Config } from "../config.ts";
import type { IssuerSignIn } from "../http/issuer-sign-in.ts";
import type { ProofLevel } from "../http/tokens.ts";
import type { CodeChannel } from "../subjects/codes/channel.ts";
import { sendCode, useCode } from "../subjects/codes/codes.ts";
import type { RightsDeps } from "../subjects/requests/settings.ts";
import type { PagesDeps } from "./deps.ts";
import { wayToProof } from "./issuer-routes.ts";

/** The ways on which people show who they are, as far as they are configured. */
export function signInParts(
  rights: RightsDeps,
  config: Pick<Config, "MOTIVO_CODE_PROOF">,
  ways: { issuer: IssuerSignIn | null; channel: CodeChannel | null },
): Pick<PagesDeps, "issuer" | "codes" | "wayToProof"> {
  const { issuer, channel } = ways;
  const proof = channel === null ? 0 : config.MOTIVO_CODE_PROOF;
  return {
    issuer,
    codes:
      channel === null || proof === 0
        ? null
        : {
            proof: proof as ProofLevel,
            send: (holder, language) => sendCode(rights, channel, holder, language),
            use: (holder, id, code) => useCode(rights, holder, id, code),
          },
    wayToProof: wayToProof(issuer, proof),
  };
}
