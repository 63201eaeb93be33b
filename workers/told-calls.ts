// What a poller thread tells of calls beside what the pipeline journals: how they failed, in the function's own log, and that they wait.

import type { FunctionLogs, LoggedText } from "../src/journal/function-logs.ts";
import type { Clock } from "../src/ports/clock.ts";
import type { Answer, Call, Invoker } from "../src/ports/invoker.ts";
import type { Journal } from "../src/ports/journal.ts";

/** `arn:aws:lambda:region:account:function:name` and perhaps a qualifier. */
const NAME_PART = 6;
/** What the function itself wrote comes on another way than its answer, and mostly just after it. */
const LATE_MS = 20;

const functionName = ({ functionArn }: Call): string => functionArn.split(":")[NAME_PART] ?? "";

export interface LoggedInvoker extends Invoker {
  /** Writes the failures that are still held back. */
  flush(): void;
}

/** As on AWS, a function's log has how its invocations failed behind what the function itself wrote. */
export function logsOfFailures(invoker: Invoker, logs: FunctionLogs, clock: Clock): LoggedInvoker {
  const held = new Set<LoggedText>();
  const write = (line: LoggedText): void => {
    if (held.delete(line)) logs.write(line);
  };
  return {
    async invoke(call, signal) {
      const answer = await invoker.invoke(call, signal);
      if (answer.kind === "functionError") {
        const { requestId } = call;
        const line = {
          functionName: functionName(call),
          requestId,
          stream: "stderr",
          text: failureText(answer),
        } as const;
        held.add(line);
        clock.wakeAt(clock.nowMs() + LATE_MS, () => write(line));
      }
      return answer;
    },
    flush() {
      for (const line of held) write(line);
    },
  };
}

function failureText(answer: Extract<Answer, { kind: "functionError" }>): string {
  const { reason, errorType, message: errorMessage, trace: stack } = answer;
  return reason === "threw" || reason === "initFailed"
    ? `Invoke Error \t${JSON.stringify({ errorType, errorMessage, stack })}`
    : errorMessage;
}

export function noteNoThread(journal: Journal, call: Call, runningCount: number): void {
  const { mappingUuid, requestId } = call;
  const name = functionName(call);
  // An Invoke has no mapping.
  const mapping = mappingUuid === "" ? null : mappingUuid;
  const fact = { kind: "no-thread", functionName: name, requestId, runningCount } as const;
  journal.append(mapping, mapping ?? `function/${name}`, fact);
}
