import manifest from "../package.json" with { type: "json" };

/** The version of this package, as its API and its command say it. */
export const VERSION: string = manifest.version;
