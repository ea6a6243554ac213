import { createTransport } from "nodemailer";
import type { Language } from "../../decisions/decision.ts";
import type { NoticeContent } from "./notices.ts";

export interface Mail {
  to: string;
  subject: string;
  text: string;
}

/** How e-mails leave. SMTP is the one there is; another way is another one of these. */
export interface Mailer {
  /** @param id stays the same over every attempt */
  send(id: string, mail: Mail): Promise<void>;
  close(): void;
}

/** @param url smtp:// or smtps://, with the account in it where the server wants one */
export function smtpMailer(url: string, from: string): Mailer {
  const transport = createTransport({ url, connectionTimeout: 10_000, socketTimeout: 10_000 });
  return {
    async send(id, { to, subject, text }) {
      await transport.sendMail({ from, to, subject, text, messageId: `<${id}@motivo>` });
    },
    close: () => transport.close(),
  };
}

type StepNotice = Extract<NoticeContent, { channel: "email" }>;

/** What happened, in words that say nothing about the person or the decision: an e-mail is a postcard. */
const STEPS: Record<Language, Record<string, string>> = {
  en: {
    receive: "We have received your request.",
    start: "We are working on your request.",
    ask_identity: "We need to be sure that it is you. Please sign in and confirm who you are.",
    confirm_identity: "Thank you, we know that it is you.",
    ask_clarification: "We have a question about your request. Please sign in to read and answer it.",
    clarify: "Thank you for your answer.",
    extend: "Your request will take longer. Sign in to read why.",
    answer: "Your request has been answered. Sign in to read the answer.",
    refuse: "Your request was refused. Sign in to read the reason, its article, and where you can turn.",
    cancel: "Your request has been closed.",
    lift: "A restriction on your data is lifted. Sign in to read why.",
  },
  "pt-BR": {
    receive: "Recebemos o seu pedido.",
    start: "Estamos tratando do seu pedido.",
    ask_identity: "Precisamos ter certeza de que é você. Entre e confirme a sua identidade.",
    confirm_identity: "Obrigado, confirmamos que é você.",
    ask_clarification: "Temos uma pergunta sobre o seu pedido. Entre para ler e responder.",
    clarify: "Obrigado pela sua resposta.",
    extend: "O seu pedido vai demorar mais. Entre para ler o motivo.",
    answer: "O seu pedido foi respondido. Entre para ler a resposta.",
    refuse: "O seu pedido foi recusado. Entre para ler o motivo, o artigo e a quem recorrer.",
    cancel: "O seu pedido foi encerrado.",
    lift: "Uma restrição sobre os seus dados foi levantada. Entre para ler o motivo.",
  },
};

const FRAME = {
  en: {
    subject: (controller: string) => `${controller}: about your request`,
    due: (day: string) => `An answer is due by law by ${day}.`,
    target: (day: string) => `We mean to answer by ${day}; the law sets no day.`,
    reference: (reference: string) => `Reference: ${reference}`,
  },
  "pt-BR": {
    subject: (controller: string) => `${controller}: sobre o seu pedido`,
    due: (day: string) => `A lei exige resposta até ${day}.`,
    target: (day: string) => `Pretendemos responder até ${day}; a lei não fixa prazo.`,
    reference: (reference: string) => `Referência: ${reference}`,
  },
};

const CLOSING = new Set(["answer", "refuse", "cancel", "lift"]);

export function mailOf(
  { to, language, action, due, target, reference }: StepNotice,
  controller: string,
): Mail {
  const frame = FRAME[language];
  const day = due === null ? target && frame.target(target) : frame.due(due);
  return {
    to,
    subject: frame.subject(controller),
    text: [
      STEPS[language][action] ?? STEPS[language].start!,
      ...(day && !CLOSING.has(action) ? [day] : []),
      frame.reference(reference),
    ].join("\n\n"),
  };
}
