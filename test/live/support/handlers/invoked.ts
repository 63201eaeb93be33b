// What the tests of Invoke call: does what its event says, and shows what it was given.

import { appendFileSync, existsSync } from "node:fs";
import type { Context } from "aws-lambda";

interface Asked {
  readonly do?: "throw" | "hang" | "exit" | "fill" | "nothing" | "hang-once";
  readonly say?: readonly string[];
  /** ms. */
  readonly wait?: number;
  readonly value?: unknown;
}

export async function handle(event: Asked, context: Context): Promise<unknown> {
  for (const text of event.say ?? []) console.log(text);
  if (event.wait !== undefined) await new Promise((resolve) => void setTimeout(resolve, event.wait));
  switch (event.do) {
    case "throw":
      throw new TypeError("bad order");
    case "hang":
      return await new Promise(() => {});
    case "exit":
      return process.exit(7);
    case "fill":
      for (const hoard: unknown[] = []; ; ) hoard.push(new Array<number>(100_000).fill(hoard.length));
    case "nothing":
      return undefined;
    case "hang-once":
      return await hangOnce(context.awsRequestId);
    default: {
      const { clientContext, awsRequestId, invokedFunctionArn } = context;
      return { event, clientContext: clientContext ?? null, awsRequestId, invokedFunctionArn };
    }
  }
}

/** The first call writes and never ends; the next one, in another process, ends. */
async function hangOnce(requestId: string): Promise<unknown> {
  const file = process.env["DIARY"] ?? "";
  const isFirst = !existsSync(file);
  appendFileSync(file, `${isFirst ? "begun" : "ended"} ${requestId}\n`);
  return isFirst ? await new Promise(() => {}) : null;
}

throwOnLoad();

/** Code that fails while it is loaded, where a function's variable asks for it. */
function throwOnLoad(): void {
  if (process.env["BROKEN"] !== undefined) throw new RangeError("broken on load");
}
