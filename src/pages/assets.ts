import { createHash } from "node:crypto";

/** Files that pages refer to. Sources differ by runtime: a folder on Node, the bundle on the edge. */
export interface AssetFiles {
  /** Style sheets in the order of the cascade. `asset:next.woff2` in them stands for that file's address. */
  style: readonly string[];
  next: Uint8Array;
  mono: Uint8Array;
  mark: string;
}

export interface Asset {
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
}

type Name = "motivo.css" | "next.woff2" | "mono.woff2" | "mark.svg";

export interface Assets {
  /** The address of a file; it changes with the content, so that browsers may keep it for ever. */
  url(name: Name): string;
  /** @param file the last segment of the address */
  find(file: string): Asset | undefined;
}

const ASSET_PATH = "/assets";

export function assetsOf(files: AssetFiles): Assets {
  const byFile = new Map<string, Asset>();
  const urls = new Map<Name, string>();
  const add = (name: Name, type: string, content: string | Uint8Array) => {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : new Uint8Array(content);
    const file = `${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}-${name}`;
    byFile.set(file, { type, bytes });
    urls.set(name, `${ASSET_PATH}/${file}`);
  };
  const url = (name: Name) => urls.get(name)!;
  add("next.woff2", "font/woff2", files.next);
  add("mono.woff2", "font/woff2", files.mono);
  add("mark.svg", "image/svg+xml", files.mark);
  const style = files.style
    .join("\n")
    .replaceAll("asset:next.woff2", url("next.woff2"))
    .replaceAll("asset:mono.woff2", url("mono.woff2"));
  add("motivo.css", "text/css; charset=utf-8", style);
  return { url, find: (file) => byFile.get(file) };
}
