import type { Language } from "../../decisions/decision.ts";
import type { Subject } from "../../decisions/subject.ts";
import type { Mailer } from "../outbox/mail.ts";

export interface CodeMessage {
  code: string;
  language: Language;
  minutes: number;
  controller: string;
}

/** A way on which a one-time code reaches a person. Another way (a text message, a call) is another one of these. */
export interface CodeChannel {
  /** The address on this way, as the controller's own decisions name it; a code never goes where a session says. */
  addressIn(subject: Subject): string | null;
  /** @param id of the code, the same over every attempt. @throws when it did not leave */
  send(id: string, to: string, message: CodeMessage): Promise<void>;
}

const WORDS: Record<Language, (message: CodeMessage) => { subject: string; text: string }> = {
  en: ({ code, minutes, controller }) => ({
    subject: `${controller}: your code`,
    text: `Your code: ${code}\n\nIt is good for ${minutes} minutes, once, in the window where you asked for it. Nobody will ever ask you for it. If you did not ask, do nothing.`,
  }),
  "pt-BR": ({ code, minutes, controller }) => ({
    subject: `${controller}: o seu código`,
    text: `O seu código: ${code}\n\nVale por ${minutes} minutos, uma vez, na janela em que você o pediu. Ninguém vai pedir este código a você. Se não foi você, não faça nada.`,
  }),
};

/** Codes by e-mail. They go at once and not through the outbox, which would keep them for as long as it keeps notices. */
export const mailCodes = (mailer: Mailer): CodeChannel => ({
  addressIn: ({ email }) => email ?? null,
  send: (id, to, message) => mailer.send(id, { to, ...WORDS[message.language](message) }),
});
