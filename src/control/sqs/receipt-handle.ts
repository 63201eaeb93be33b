// Receipt handles as clients get them: the store's receipt with the queue's name, in a form that says nothing and that is ours to
// recognise, so that a handle that never was one is told from one that is out of date.

import { missingParameter, SqsRefusal } from "./sqs-answer.ts";

const MARK = "millrace-receipt";

export function receiptHandle(queue: string, receipt: string): string {
  return Buffer.from(`${MARK} ${queue} ${receipt}`).toString("base64");
}

/** The store's receipt. Throws SqsRefusal for what is no handle of this queue. */
export function receiptOf(handle: string | undefined, queue: string): string {
  if (handle === undefined || handle === "") throw missingParameter("ReceiptHandle");
  const [mark, name, receipt, ...rest] = Buffer.from(handle, "base64").toString().split(" ");
  if (mark === MARK && name === queue && receipt !== undefined && rest.length === 0) return receipt;
  throw new SqsRefusal("ReceiptHandleIsInvalid", `The input receipt handle "${handle}" is not a valid receipt handle.`);
}
