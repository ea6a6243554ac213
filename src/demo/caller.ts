import type { z } from "zod";

/** An answer of the service, as it came over the wire. */
export interface Answer {
  status: number;
  text: string;
  /** @throws ZodError or SyntaxError when the body is of another shape */
  read<T>(schema: z.ZodType<T>): T;
}

export interface Caller {
  get(path: string): Promise<Answer>;
  post(path: string, body: object | null, headers?: Record<string, string>): Promise<Answer>;
  delete(path: string): Promise<Answer>;
}

/** Somebody who speaks to the service over HTTP. @param token absent: nobody in particular */
export function callerOf(url: string, token?: string): Caller {
  const authorization: Record<string, string> =
    token === undefined ? {} : { authorization: `Bearer ${token}` };

  async function call(method: string, path: string, headers: Record<string, string> = {}, body?: string) {
    const response = await fetch(new URL(path, url), {
      method,
      headers: { ...authorization, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    return {
      status: response.status,
      text,
      read: <T>(schema: z.ZodType<T>) => schema.parse(JSON.parse(text)),
    };
  }

  return {
    get: (path) => call("GET", path),
    delete: (path) => call("DELETE", path),
    post: (path, body, headers) =>
      body === null
        ? call("POST", path, headers)
        : call("POST", path, { "content-type": "application/json", ...headers }, JSON.stringify(body)),
  };
}
