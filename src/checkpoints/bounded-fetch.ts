const TIMEOUT_MS = 10_000;

export interface Answer {
  status: number;
  contentType: string;
  body: Uint8Array;
}

/** Nothing usable came back: no connection, too slow, too long, or sent elsewhere. Worth another try later. */
export class NoAnswerError extends Error {
  override name = "NoAnswerError";
}

/**
 * One request to somebody else's server, which may be slow, broken or hostile: no redirects, ten seconds in all, and no
 * more than `limit` bytes of the answer are read.
 * @throws NoAnswerError
 */
export async function boundedFetch(
  url: string,
  request: {
    method: "POST" | "PUT" | "GET";
    body?: string | Uint8Array<ArrayBuffer>;
    headers?: Record<string, string>;
  },
  limit: number,
  signal: AbortSignal = AbortSignal.timeout(TIMEOUT_MS),
): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: request.method,
      ...(request.body !== undefined && { body: request.body }),
      ...(request.headers && { headers: request.headers }),
      redirect: "error",
      signal,
    });
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      length += part.length;
      if (length > limit) throw new NoAnswerError("the answer is too long");
      parts.push(part);
    }
    return {
      status: response.status,
      contentType: response.headers.get("content-type") ?? "",
      body: new Uint8Array(Buffer.concat(parts)),
    };
  } catch (cause) {
    if (cause instanceof NoAnswerError) throw cause;
    throw new NoAnswerError("no answer", { cause });
  }
}
