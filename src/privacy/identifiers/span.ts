/** The kinds of personal identifier that are looked for in free text, by the names the command prints. */
export const IDENTIFIER_TYPES = [
  "cpf",
  "cnpj",
  "rg",
  "pis",
  "cnh",
  "cep",
  "iban",
  "card",
  "phone",
  "email",
  "ip",
  "name",
] as const;

export type IdentifierType = (typeof IDENTIFIER_TYPES)[number];

/** `start` ≤ offset < `end`, in UTF-16 units of the text that was searched. */
export interface Span {
  start: number;
  end: number;
  type: IdentifierType;
}

/** Stretches of a text that are spoken for; the first to claim one has it. */
export class Claims {
  readonly #taken: Uint8Array;

  constructor(length: number) {
    this.#taken = new Uint8Array(length);
  }

  isFree(start: number, end: number): boolean {
    return !this.#taken.subarray(start, end).includes(1);
  }

  take(start: number, end: number): void {
    this.#taken.fill(1, start, end);
  }
}
