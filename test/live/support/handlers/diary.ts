// The handler of a process that is killed: `told.ts`, with a JSON line in a file before it and another one behind it, so that what had
// ended and what had only begun outlasts the process.

import { appendFileSync } from "node:fs";
import type { Context, KinesisStreamEvent } from "aws-lambda";
import type { DiaryLine } from "../diary-lines.ts";
import { handle } from "./told.ts";

export async function keep(event: KinesisStreamEvent, context: Context): Promise<unknown> {
  const note = (at: DiaryLine["at"]): void => {
    const records = event.Records.map(({ eventID, kinesis }) => ({
      id: eventID,
      text: Buffer.from(kinesis.data, "base64").toString(),
    }));
    appendFileSync(process.env["DIARY"] ?? "", `${JSON.stringify({ at, records } satisfies DiaryLine)}\n`);
  };
  note("begun");
  const answer = await handle(event, context);
  note("ended");
  return answer;
}
