// The log of one invocation as Lambda writes it: START, what the function wrote, how it failed, END, REPORT with what it used. The
// figures are measured here: the memory is the thread's heap and buffers, and time before the handler began is billed, as on AWS.

import type { Answer } from "../ports/invoker.ts";

/** What `X-Amz-Log-Result` shows of it. */
const TAIL_BYTES = 4_096;

type Ran = Extract<Answer, { kind: "returned" | "functionError" }>;

export interface LoggedInvocation {
  readonly requestId: string;
  /** The function's version. */
  readonly version: string;
  readonly memoryMb: number;
  /** Time in which the thread started and loaded the code; null: it was loaded already. */
  readonly initMs: number | null;
  /** Most memory seen in use. */
  readonly usedMb: number;
  /** What the function wrote, as its log shows it. */
  readonly written: string;
  readonly endedAtMs: number;
}

/** The end of the log, at most 4 KB. */
export function invocationLog(answer: Ran, invocation: LoggedInvocation): string {
  const { requestId, version, written } = invocation;
  const start = `START RequestId: ${requestId} Version: ${version}\n`;
  const end = `END RequestId: ${requestId}\n`;
  const whole = `${start}${written}${failureLine(answer, invocation)}${end}${reportLine(answer, invocation)}`;
  return tailOf(whole, TAIL_BYTES);
}

function failureLine(answer: Ran, { requestId, endedAtMs }: LoggedInvocation): string {
  if (answer.kind === "returned") return "";
  const at = new Date(endedAtMs).toISOString();
  switch (answer.reason) {
    case "timedOut":
      return `${at} ${requestId} ${answer.message.replace(/^RequestId: \S+ Error: /, "")}\n\n`;
    case "exited":
    case "outOfMemory":
      return `${answer.message}\n${answer.errorType}\n`;
    case "threw":
    case "initFailed": {
      const { errorType, message: errorMessage, trace: stack } = answer;
      return `${at}\t${requestId}\tERROR\tInvoke Error \t${JSON.stringify({ errorType, errorMessage, stack })}\n`;
    }
  }
}

function reportLine(answer: Ran, invocation: LoggedInvocation): string {
  const { requestId, memoryMb, initMs, usedMb } = invocation;
  const parts = [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${answer.tookMs.toFixed(2)} ms`,
    `Billed Duration: ${Math.ceil(answer.tookMs + (initMs ?? 0))} ms`,
    `Memory Size: ${memoryMb} MB`,
    `Max Memory Used: ${usedMb} MB`,
    ...(initMs === null ? [] : [`Init Duration: ${initMs.toFixed(2)} ms`]),
    ...statusOf(answer),
  ];
  return `${parts.join("\t")}\t\n`;
}

/** Only for an environment that did not outlive the invocation; what a handler throws is no fault of it. */
function statusOf(answer: Ran): readonly string[] {
  if (answer.kind === "returned" || answer.reason === "threw") return [];
  if (answer.reason === "timedOut") return ["Status: timeout"];
  return ["Status: error", `Error Type: ${answer.errorType}`];
}

/** The last bytes, from the beginning of a character. */
function tailOf(text: string, mostBytes: number): string {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length <= mostBytes) return text;
  let from = bytes.length - mostBytes;
  while (((bytes[from] ?? 0) & 0xc0) === 0x80) from += 1;
  return bytes.toString("utf8", from);
}
