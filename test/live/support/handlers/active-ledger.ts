// The handler of the long runs on ActiveMQ: one line for each message of each call, in a file that the environment names, written before a
// call fails; every so many calls fail, as the environment says. A message whose text is `poison` fails each call that has it.

import { appendFileSync } from "node:fs";

interface ActiveMqEvent {
  readonly messages: readonly { readonly data: string; readonly redelivered: boolean }[];
}

let callCount = 0;

export async function book({ messages }: ActiveMqEvent): Promise<void> {
  callCount += 1;
  const texts = messages.map(({ data }) => Buffer.from(data, "base64").toString());
  const isFailing = callCount % Number(process.env["FAILING"] ?? "50") === 3 || texts.includes("poison");
  const verdict = isFailing ? "failed" : "done";
  const lines = messages.map(({ redelivered }, index) => `${verdict} ${redelivered} ${texts[index] ?? ""}\n`);
  appendFileSync(process.env["LEDGER"] ?? "", lines.join(""));
  if (isFailing) throw new Error("this call fails");
}
