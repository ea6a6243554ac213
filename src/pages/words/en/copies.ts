import type { copies as portuguese } from "../pt-BR/copies.ts";

/** English of the page on which people get their data. */
export const copies: typeof portuguese = {
  copies: {
    title: "Get my data",
    lead: "A copy of everything held about you: decisions, reasons, what the program used, who opened it, your requests, and the proof that nothing was left out (LGPD, art. 19, II).",
    make: "Make the copy",
    makeText: "As PDF, JSON and CSV. With a few decisions it takes seconds; with thousands, about a minute.",
    again: "Make a new copy",
    given: "Only what I stated",
    givenText:
      "To take to another company, as JSON and CSV: what you stated, without score or reasons (LGPD, art. 18, V).",
    givenButton: "Make the copy to take along",
    making: "The copy is being made",
    progress: (done, total) => `${done} of ${total} entries`,
    makingText: "This page looks again by itself every few seconds. You may leave and come back.",
    look: "Look again",
    kinds: { access: "The copy is ready", portability: "The copy to take along is ready" },
    until: (day) => `It lies here until ${day}; then it is deleted. Erasing your data deletes it at once.`,
    traced: "Each file that you download is on the record, as every opening of your data is.",
    pdf: "To read: PDF",
    json: "For programs: JSON",
    csv: "For spreadsheets: CSV",
    proof: "To check that nothing was left out",
    kilobytes: (count) => `${count} kB`,
    remove: "Delete this copy",
    failed: "The copy could not be made",
    failedText: "Nothing of it was kept, and your data is as it was. Try again.",
    elsewhere: "Everything at once, as one JSON file",
    back: "My decisions",
  },
};
