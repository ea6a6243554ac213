import { faker } from "@faker-js/faker/locale/pt_BR";

/** A person who exists nowhere, as a product team names one in a decision. */
export interface Person {
  id: string;
  name: string;
  email: string;
  /** A CPF whose check digits are wrong: a valid one may be somebody's. */
  document: string;
}

/** The two check digits of a CPF (Receita Federal): weighted sums modulo 11. @param nine its first nine digits */
export function cpfCheckDigits(nine: readonly number[]): [number, number] {
  const digit = (digits: readonly number[]) => {
    const sum = digits.reduce((total, value, i) => total + value * (digits.length + 1 - i), 0);
    return ((sum * 10) % 11) % 10;
  };
  const first = digit(nine);
  return [first, digit([...nine, first])];
}

/** Each check digit is moved by 1 to 8 and so is wrong by itself. */
function wrongCpf(): string {
  const nine = Array.from({ length: 9 }, () => faker.number.int(9));
  const wrong = cpfCheckDigits(nine).map((right) => (right + faker.number.int({ min: 1, max: 8 })) % 10);
  const text = [...nine, ...wrong].join("");
  return `${text.slice(0, 3)}.${text.slice(3, 6)}.${text.slice(6, 9)}-${text.slice(9)}`;
}

/** The same people for the same seed; addresses lie under a domain that RFC 2606 keeps out of use. */
export function inventPeople(count: number, seed: number): Person[] {
  faker.seed(seed);
  const names = new Set<string>();
  while (names.size < count) names.add(`${faker.person.firstName()} ${faker.person.lastName()}`);
  return [...names].map((name, i) => {
    const [firstName = "", ...rest] = name.split(" ");
    const local = faker.internet.username({ firstName, lastName: rest.join(" ") }).toLowerCase();
    return { id: faker.string.uuid(), name, email: `${local}.${i}@example.com`, document: wrongCpf() };
  });
}
