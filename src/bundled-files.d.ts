/** What a Worker's bundle makes of files that are not modules (`rules` in wrangler.toml). */

declare module "*.css" {
  const text: string;
  export default text;
}

declare module "*.svg" {
  const text: string;
  export default text;
}

declare module "*.yaml" {
  const text: string;
  export default text;
}

declare module "*.woff2" {
  const bytes: ArrayBuffer;
  export default bytes;
}
