import { z } from "zod";
import { Problem } from "../errors.ts";

/** No control characters, no lone surrogates: an id must come back from the database and a token as it went in. */
const CONTROL = /\p{Cc}/u;
const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((value) => !CONTROL.test(value) && value.isWellFormed(), "not plain text");

/** The person a decision is about, as a client names them. */
export const subjectSchema = z.union([
  text(200),
  z.strictObject({
    id: text(200),
    name: text(200).optional(),
    email: text(320).optional(),
    phone: text(40).optional(),
    document: text(40).optional(),
  }),
]);

export interface Subject {
  id: string;
  name?: string;
  email?: string;
  phone?: string;
  document?: string;
}

/** @throws Problem invalid_subject, naming the member but not its value */
export function readSubject(value: unknown): Subject {
  const parsed = subjectSchema.safeParse(value);
  if (!parsed.success) {
    throw new Problem("invalid_subject", "A subject is an id of 1 to 200 characters, or an object with one", {
      faults: [{ pointer: "/subject", code: "invalid_subject", detail: "is not a subject" }],
    });
  }
  return typeof parsed.data === "string" ? { id: parsed.data } : (parsed.data as Subject);
}

/** What the request itself says is an identifier: to be masked wherever else it turns up. */
export function identifiersOf(subject: Subject): string[] {
  return Object.values(subject).filter((value): value is string => value !== undefined);
}
