import { type Browser, chromium } from "playwright-core";

const ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-quic"];

/**
 * The Chromium that the `@sparticuz/chromium` package carries. It also carries the few libraries (NSS, NSPR, expat) that a
 * bare machine lacks, but unpacks them only where it takes itself to be on AWS Lambda: so it is told that it is.
 */
export async function launchBrowser(): Promise<Browser> {
  process.env.AWS_LAMBDA_JS_RUNTIME ??= "nodejs24.x";
  const { default: packaged } = await import("@sparticuz/chromium");
  return chromium.launch({
    executablePath: await packaged.executablePath(),
    args: ARGUMENTS,
    headless: true,
  });
}
