import { base, Faker, pt_BR } from "@faker-js/faker";

export interface Person {
  id: string;
  name: string;
  email: string;
  phone: string;
  document: string;
}

/** Check digits as the Receita Federal computes them; a test must look for what a real document looks like. */
function cpf(digits: string): string {
  const check = (text: string) => {
    const sum = [...text].reduce((total, digit, i) => total + Number(digit) * (text.length + 1 - i), 0);
    return String(((sum * 10) % 11) % 10);
  };
  const first = check(digits);
  return digits + first + check(digits + first);
}

/** Invented people, the same for the same seed, each with values of their own. */
export function people(count: number, seed: number): Person[] {
  const faker = new Faker({ locale: [pt_BR, base] });
  faker.seed(seed);
  const seen = new Set<string>();
  return Array.from({ length: count }, (_, i) => {
    let name = faker.person.fullName();
    while (seen.has(name)) name = faker.person.fullName();
    seen.add(name);
    const digits = cpf(faker.string.numeric({ length: 9, allowLeadingZeros: false }));
    return {
      id: `person-${faker.string.alpha(12).toLowerCase()}`,
      name,
      email: `${faker.string.alpha(10).toLowerCase()}.${i}@example.com`,
      phone: `+55 11 9${faker.string.numeric(4)}-${faker.string.numeric(4)}`,
      document: digits.replace(/(\d{3})(\d{3})(\d{3})(\d{2})/, "$1.$2.$3-$4"),
    };
  });
}
