// Writes each event that it is given as one line of a file that the environment names. A call whose event has the text POISON in it fails.

import { appendFileSync } from "node:fs";

export async function book(event: unknown): Promise<void> {
  const text = JSON.stringify(event);
  appendFileSync(process.env["LEDGER"] ?? "", `${text}\n`);
  const poison = process.env["POISON"] ?? "";
  if (poison !== "" && text.includes(poison)) throw new Error("this call fails");
}
