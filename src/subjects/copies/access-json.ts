import type { AccessHead, AccessPage, AccessWriter } from "./access-files.ts";
import { accessJsonSchema } from "./schemas.ts";
import { type CopySink, TextFile } from "./sink.ts";
import { type ToldPurpose, toldDecision } from "./told.ts";

/** `access.json`, written as it is read: of ten thousand decisions none but a page's is in memory. */
export class AccessJson implements AccessWriter {
  readonly #file: TextFile;
  /** What stands before the next decision. */
  #before = "";
  #uses = 0;
  #inUse = false;

  private constructor(file: TextFile) {
    this.#file = file;
  }

  static async open(sink: CopySink, head: AccessHead): Promise<AccessJson> {
    const schema = new TextFile(await sink.open("access.schema.json", "application/schema+json"));
    await schema.write(`${JSON.stringify(accessJsonSchema(), null, 2)}\n`);
    await schema.end();
    const json = new AccessJson(new TextFile(await sink.open("access.json", "application/json")));
    const { at, language, controller, dataProtectionOfficer, subject, requests, mandates } = head;
    const members = {
      $schema: "access.schema.json",
      format: "motivo-access-copy/v2",
      ...{ at, language, controller, dataProtectionOfficer, subject, requests, mandates },
      held: head.uses.length > 0,
    };
    await json.#file.write(`${JSON.stringify(members).slice(0, -1)},"purposes":[`);
    return json;
  }

  async page({ decisions }: AccessPage): Promise<void> {
    await this.#begin();
    for (const decision of decisions) {
      await this.#file.write(this.#before + JSON.stringify(toldDecision(decision)));
      this.#before = ",\n";
    }
  }

  async endUse(told: ToldPurpose): Promise<void> {
    await this.#begin();
    await this.#file.write(`\n],${JSON.stringify(told).slice(1)}`);
    this.#inUse = false;
  }

  async end(): Promise<void> {
    await this.#file.write("]}\n");
    await this.#file.end();
  }

  async #begin(): Promise<void> {
    if (this.#inUse) return;
    await this.#file.write(`${this.#uses > 0 ? "," : ""}\n{"decisions":[`);
    this.#before = "\n";
    this.#uses += 1;
    this.#inUse = true;
  }
}
