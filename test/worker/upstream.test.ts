import type { Hono } from "hono";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import type { Env } from "../../src/http/api.ts";
import { Api } from "../../src/http/api.ts";
import { shell } from "../../src/http/shell.ts";
import { endToEnd, passOnTo } from "../../src/http/upstream.ts";

describe("endToEnd", () => {
  it("leaves out the fields of one connection, those that Connection names included", () => {
    const kept = endToEnd(
      new Headers({
        authorization: "Bearer a.b.c",
        connection: "close, X-Debug",
        cookie: "motivo_session=1",
        host: "edge.example",
        "keep-alive": "timeout=5",
        te: "trailers",
        "transfer-encoding": "chunked",
        upgrade: "websocket",
        "x-debug": "1",
      }),
    );
    expect([...kept.keys()].sort()).toEqual(["authorization", "cookie"]);
  });

  it("keeps each of several cookies apart", () => {
    const headers = new Headers();
    headers.append("set-cookie", "a=1");
    headers.append("set-cookie", "b=2; Path=/");
    expect(endToEnd(headers).getSetCookie()).toEqual(["a=1", "b=2; Path=/"]);
  });
});

describe("passOnTo", () => {
  const nobody = async () => {
    throw new Error("no token is checked here");
  };
  const appOn = (upstream: URL | undefined, send: typeof fetch): Hono<Env> => {
    const app = shell({ logger: pino({ level: "silent" }), randomId: () => "ours" }, new Api(nobody));
    return app.all("*", passOnTo(upstream, send));
  };

  it("keeps path and query, and no path leads to another host", async () => {
    const asked: string[] = [];
    const app = appOn(new URL("http://node.internal:8080/"), async (input) => {
      asked.push(String(input));
      return new Response("there", { status: 202, headers: { "x-request-id": "theirs", etag: '"1"' } });
    });
    const response = await app.request("https://edge.example//evil.example/x?y=%2F&z=1");
    expect(asked).toEqual(["http://node.internal:8080//evil.example/x?y=%2F&z=1"]);
    expect([response.status, await response.text()]).toEqual([202, "there"]);
    expect(response.headers.get("x-request-id")).toBe("theirs");
    expect(response.headers.get("etag")).toBe('"1"');
  });

  it("says nothing of the connection when the upstream does not answer", async () => {
    const app = appOn(new URL("http://node.internal/"), async () => {
      throw new TypeError("connect ECONNREFUSED 10.0.0.7:8080");
    });
    const response = await app.request("https://edge.example/v1/me", { method: "DELETE" });
    expect(response.status).toBe(502);
    const text = await response.text();
    expect(JSON.parse(text).code).toBe("upstream_unreachable");
    expect(text).not.toContain("10.0.0.7");
  });

  it("is refused by its own code where no upstream is configured", async () => {
    const app = appOn(undefined, fetch);
    const response = await app.request("https://edge.example/v1/me");
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: "upstream_not_configured" });
  });
});
