// Writes each event that it is given as one line of a file that the environment names. A message whose text is `poison` fails its call.

import { appendFileSync } from "node:fs";

interface ActiveMqEvent {
  readonly messages: readonly { readonly data: string }[];
}

export async function book(event: ActiveMqEvent): Promise<void> {
  appendFileSync(process.env["LEDGER"] ?? "", `${JSON.stringify(event)}\n`);
  if (event.messages.some(({ data }) => Buffer.from(data, "base64").toString() === "poison")) {
    throw new Error("this call fails");
  }
}
