import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair } from "jose";
import { Provider } from "oidc-provider";

export const CLIENT_ID = "motivo-pages";
const CLIENT_SECRET = "a secret of the test, long enough for everybody";
/** Where the service under test is reached; nobody listens there, the test's browser goes to the application itself. */
export const PUBLIC_URL = "http://127.0.0.1:8080";
export const HIGH = "urn:aurora:assurance:high";
export const MIDDLE = "urn:aurora:assurance:middle";

/** Whom the issuer signs in next, or that it refuses. */
export interface NextLogin {
  account: string;
  acr?: string;
  amr?: string[];
  claims?: Record<string, unknown>;
  refuse?: boolean;
}

export interface TestIssuer {
  issuer: string;
  secret: string;
  next: NextLogin;
  /** The queries with which people were sent to it, newest last. */
  asked: URLSearchParams[];
  close(): Promise<void>;
}

/** A certified OpenID provider in the process of the test. */
export async function openTestIssuer(): Promise<TestIssuer> {
  let handle: (...args: Parameters<ReturnType<Provider["callback"]>>) => unknown = () => {};
  const server: Server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  const state: TestIssuer = {
    issuer,
    secret: CLIENT_SECRET,
    next: { account: "nobody" },
    asked: [],
    close: () =>
      new Promise((closed) => {
        server.closeAllConnections();
        server.close(() => closed());
      }),
  };
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        redirect_uris: [`${PUBLIC_URL}/sign-in/back`],
        post_logout_redirect_uris: [`${PUBLIC_URL}/`],
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: "RS256", use: "sig", kid: "one" }] },
    cookies: { keys: ["a key of the test"] },
    acrValues: [MIDDLE, HIGH],
    pkce: { required: () => true },
    claims: { openid: ["sub", "motivo_role", "acr", "amr"], profile: ["customer_number"] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    findAccount: async (_, accountId) => ({
      accountId,
      claims: async () => ({ sub: accountId, ...state.next.claims }),
    }),
    async loadExistingGrant(context) {
      const { session, client } = context.oidc;
      const grant = new context.oidc.provider.Grant({
        accountId: session?.accountId ?? "",
        clientId: client?.clientId ?? "",
      });
      grant.addOIDCScope("openid profile");
      grant.addOIDCClaims(["acr", "amr"]);
      await grant.save();
      return grant;
    },
  });
  const answer = provider.callback();
  handle = async (request, response) => {
    const url = new URL(request.url ?? "/", issuer);
    if (url.pathname === "/auth") state.asked.push(url.searchParams);
    if (!url.pathname.startsWith("/interaction/")) return answer(request, response);
    const { account, acr, amr, refuse } = state.next;
    return provider.interactionFinished(
      request,
      response,
      refuse
        ? { error: "access_denied", error_description: "The person thought better of it" }
        : { login: { accountId: account, ...(acr ? { acr } : {}), ...(amr ? { amr } : {}) } },
    );
  };
  return state;
}

type Fetch = (address: string, init: RequestInit) => Response | Promise<Response>;

/** A browser without a window: follows redirects between the issuer and the application, with cookies for each. */
export function openTestBrowser(app: Fetch) {
  const jars = new Map<string, Map<string, string>>();
  const jarOf = (origin: string) => {
    const jar = jars.get(origin) ?? new Map<string, string>();
    jars.set(origin, jar);
    return jar;
  };
  const ask: Fetch = async (address, init) => {
    const { origin } = new URL(address);
    const jar = jarOf(origin);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { ...(init.headers as Record<string, string>), ...(cookie ? { cookie } : {}) };
    const send = origin === PUBLIC_URL ? app : fetch;
    const response = await send(address, { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      if (value === "" || /max-age=0|expires=thu, 01 jan 1970/i.test(line)) jar.delete(name!);
      else jar.set(name!, value!);
    }
    return response;
  };
  return {
    cookies: () => jarOf(PUBLIC_URL),
    /** @returns where it ended, and what is there */
    async visit(path: string, init: RequestInit = {}) {
      let address = new URL(path, PUBLIC_URL).href;
      let response = await ask(address, init);
      for (let step = 0; step < 12 && response.status >= 300 && response.status < 400; step++) {
        address = new URL(response.headers.get("location")!, address).href;
        response = await ask(address, {});
      }
      return { address, status: response.status, page: await response.text() };
    },
    /** One step, without following where it leads. */
    step: (path: string, init: RequestInit = {}) => ask(new URL(path, PUBLIC_URL).href, init),
  };
}
