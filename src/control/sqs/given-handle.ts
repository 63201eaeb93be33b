// A receipt handle as a client gives it back, judged.

import { type Handle, parseHandle } from "../../kinds/sqs/receipt-handle.ts";
import { missingParameter, SqsRefusal } from "./sqs-answer.ts";

/** Throws SqsRefusal for what is no handle of this queue. */
export function handleOf(text: string | undefined, queue: string): Handle {
  if (text === undefined || text === "") throw missingParameter("ReceiptHandle");
  const handle = parseHandle(text);
  if (handle?.queue === queue) return handle;
  throw new SqsRefusal("ReceiptHandleIsInvalid", `The input receipt handle "${text}" is not a valid receipt handle.`);
}
