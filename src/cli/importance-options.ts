export interface ImportanceCommandOptions {
  model: string;
  background: string;
  rows: string;
  target?: string;
  class?: string;
  repeats: number;
  link: "identity" | "margin" | "logit";
  seed: number | string;
  json?: true;
}
