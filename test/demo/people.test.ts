import { describe, expect, it } from "vitest";
import { cpfCheckDigits, inventPeople } from "../../src/demo/people.ts";

describe("cpfCheckDigits", () => {
  it("computes the check digits of the numbers that the Receita Federal prints as examples", () => {
    expect(cpfCheckDigits([1, 1, 1, 4, 4, 4, 7, 7, 7])).toEqual([3, 5]);
    expect(cpfCheckDigits([5, 2, 9, 9, 8, 2, 2, 4, 7])).toEqual([2, 5]);
  });
});

describe("inventPeople", () => {
  const people = inventPeople(300, 5);

  it("gives the same people for the same seed, and others for another", () => {
    expect(inventPeople(300, 5)).toEqual(people);
    expect(inventPeople(300, 6)).not.toEqual(people);
  });

  it("gives nobody a CPF with a right check digit", () => {
    for (const { document } of people) {
      expect(document).toMatch(/^\d{3}\.\d{3}\.\d{3}-\d{2}$/);
      const digits = [...document.replaceAll(/\D/g, "")].map(Number);
      const [first, second] = cpfCheckDigits(digits.slice(0, 9));
      expect(digits[9]).not.toBe(first);
      expect(digits[10]).not.toBe(second);
    }
  });

  it("repeats no id, name or e-mail, and writes to nobody's domain", () => {
    for (const member of ["id", "name", "email"] as const) {
      expect(new Set(people.map((person) => person[member])).size).toBe(people.length);
    }
    for (const { email } of people) expect(email).toMatch(/^[^@\s]+@example\.com$/);
  });
});
