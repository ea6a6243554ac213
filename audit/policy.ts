import { bytesEqual, parseDecimal } from "./bytes.ts";
import { cosignaturesOn } from "./cosignature.ts";
import type { Crypto } from "./crypto.ts";
import { COSIGNATURE, parseNote, parseVkey, type VerifierKey, verifyNote } from "./note.ts";
import { Refusal } from "./refusal.ts";

// C2SP tlog-policy: which logs are accepted, and which witnesses must have cosigned a checkpoint.

/** `url` is where a witness takes checkpoints (C2SP tlog-witness), for the log alone. */
export type Witness = { name: string; key: VerifierKey; url: string | null };
type Group = { threshold: number; members: string[] };

export type Policy = {
  logs: VerifierKey[];
  witnesses: Witness[];
  groups: ReadonlyMap<string, Group>;
  /** Name of the witness or the group that must have witnessed a checkpoint; null for `quorum none`. */
  quorum: string | null;
};

/** More lines of a kind than any policy has; the specification asks for at least 32. */
const MAX_LINES = 1000;

/** Throws Refusal `policy_invalid`, whatever is wrong. */
export function parsePolicy(crypto: Crypto, text: string): Policy {
  const reading = new PolicyReading(crypto);
  const lines = text.split("\n");
  if (lines.length > MAX_LINES || hasForbiddenControl(text)) throw new Refusal("policy_invalid");
  for (const line of lines) {
    const words = line.split(/[ \t]+/).filter((word) => word !== "");
    if (words.length > 0 && !words[0]!.startsWith("#")) reading.line(words);
  }
  return reading.policy();
}

class PolicyReading {
  readonly #crypto: Crypto;
  readonly #logs: VerifierKey[] = [];
  readonly #witnesses: Witness[] = [];
  readonly #groups = new Map<string, Group>();
  /** Names that may still become a member: one of a group is in no other. */
  readonly #defined = new Set<string>();
  readonly #members = new Set<string>();
  #quorum: string | null | undefined;

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
  }

  line([word, ...rest]: string[]): void {
    if (word === "log" && (rest.length === 1 || rest.length === 2)) this.#log(rest[0]!);
    else if (word === "witness" && (rest.length === 2 || rest.length === 3)) {
      this.#witness(rest[0]!, rest[1]!, rest[2] ?? null);
    } else if (word === "group" && rest.length >= 3) this.#group(rest[0]!, rest[1]!, rest.slice(2));
    else if (word === "quorum" && rest.length === 1 && this.#quorum === undefined) {
      const [name] = rest;
      if (name !== "none" && !this.#defined.has(name!)) refuse();
      this.#quorum = name === "none" ? null : name!;
    } else refuse();
  }

  policy(): Policy {
    if (this.#quorum === undefined) refuse();
    return { logs: this.#logs, witnesses: this.#witnesses, groups: this.#groups, quorum: this.#quorum };
  }

  #log(vkey: string): void {
    const key = this.#key(vkey);
    if (this.#logs.some((other) => bytesEqual(other.publicKey, key.publicKey))) refuse();
    this.#logs.push(key);
  }

  #witness(name: string, vkey: string, url: string | null): void {
    const key = this.#key(vkey, COSIGNATURE);
    if (this.#witnesses.some((other) => bytesEqual(other.key.publicKey, key.publicKey))) refuse();
    this.#define(name);
    this.#witnesses.push({ name, key, url });
  }

  #group(name: string, asked: string, members: string[]): void {
    const threshold = asked === "any" ? 1 : asked === "all" ? members.length : parseDecimal(asked);
    if (threshold === null || threshold < 1 || threshold > members.length) refuse();
    for (const member of members) {
      if (!this.#defined.has(member) || this.#members.has(member)) refuse();
      this.#members.add(member);
    }
    this.#define(name);
    this.#groups.set(name, { threshold, members });
  }

  #define(name: string): void {
    if (name === "none" || this.#defined.has(name)) refuse();
    this.#defined.add(name);
  }

  #key(vkey: string, type?: typeof COSIGNATURE): VerifierKey {
    try {
      return parseVkey(this.#crypto, vkey, type);
    } catch {
      return refuse();
    }
  }
}

/** Whether the witnesses of these names are enough. */
export function isQuorum({ groups, quorum }: Policy, witnessed: ReadonlySet<string>): boolean {
  const holds = (name: string): boolean => {
    const group = groups.get(name);
    if (!group) return witnessed.has(name);
    return group.members.filter(holds).length >= group.threshold;
  };
  return quorum === null || holds(quorum);
}

/**
 * Checks a signed checkpoint, whose own signature is verified already, against a policy.
 * Gives the names of the witnesses. Throws Refusal `signature_missing` when the policy knows logs and none of them signed,
 * `quorum_missing` when too few witnesses did.
 */
export async function checkPolicy(crypto: Crypto, note: string, policy: Policy): Promise<string[]> {
  const parsed = parseNote(note);
  if (policy.logs.length > 0) await verifyNote(crypto, parsed, policy.logs);
  const cosignatures = await cosignaturesOn(
    crypto,
    parsed,
    policy.witnesses.map(({ key }) => key),
  );
  const signed = new Set(cosignatures.map(({ key }) => key));
  const witnessed = policy.witnesses.filter(({ key }) => signed.has(key)).map(({ name }) => name);
  if (!isQuorum(policy, new Set(witnessed))) throw new Refusal("quorum_missing");
  return witnessed;
}

function hasForbiddenControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if ((code < 0x20 && code !== 0x09 && code !== 0x0a) || code === 0x7f) return true;
  }
  return false;
}

function refuse(): never {
  throw new Refusal("policy_invalid");
}
