import { describe, expect, it } from "vitest";
import { readTimedRequest } from "../../../src/subjects/deadlines/read-request.ts";

const asked = (received: string) => ({
  regime: "gdpr",
  right: "access",
  received,
  tz: "Europe/Berlin",
  place: "DE-BE",
  holidays: [],
  events: [],
});

describe("a request for a deadline", () => {
  it.each(["0093-08-11T22:21:50Z", "1969-12-31T23:59:59Z", "2200-01-01T00:00:00Z", "9999-12-31T22:21:50Z"])(
    "of %s is refused: no calendar knows its year",
    (received) => expect(readTimedRequest(asked(received))).toMatch(/^received: /),
  );

  it.each(["1970-01-01T00:00:00Z", "2026-03-02t10:00:00z"])("of %s is read", (received) =>
    expect(readTimedRequest(asked(received))).toMatchObject({}),
  );
});
