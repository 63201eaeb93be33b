// Receipt handles as clients and handlers get them: the store's receipt with the queue's name and the instant of its receive, in a form
// that says nothing and that is ours to recognise, so that a handle that never was one is told from one that is out of date. A mapping's
// events carry the same handles as answers of ReceiveMessage: a handler may delete its message by the event's.

const MARK = "millrace-receipt";

export interface Handle {
  readonly queue: string;
  /** The store's. */
  readonly receipt: string;
  /** From here the twelve hours of visibility count. */
  readonly receivedAtMs: number;
}

export function handleText({ queue, receipt, receivedAtMs }: Handle): string {
  return Buffer.from(`${MARK} ${queue} ${receivedAtMs} ${receipt}`).toString("base64");
}

/** Null: it never was a handle. */
export function parseHandle(text: string): Handle | null {
  const [mark, queue, at, receipt, ...rest] = Buffer.from(text, "base64").toString().split(" ");
  if (mark !== MARK || queue === undefined || receipt === undefined || rest.length > 0) return null;
  return at !== undefined && /^\d{1,15}$/.test(at) ? { queue, receipt, receivedAtMs: Number(at) } : null;
}
