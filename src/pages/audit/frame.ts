import type { Section } from "../layout.ts";
import type { Scene } from "../scene.ts";

/** The auditor's header. */
export const auditSections = ({ words }: Scene, current: boolean): Section[] => [
  { href: "/audit/decisions", label: words.shell.decisions, current },
];
