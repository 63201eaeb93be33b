// The thread that sends a live load run's records (workers/load-sender.ts), as the run sees it.

import { Worker } from "node:worker_threads";
import { MillraceError } from "../../errors.ts";
import type { SentRecord } from "../../load/observation.ts";
import type { FromSender, SenderBoot, ToSender } from "../../load/sending/sender-protocol.ts";
import { workerEntry } from "../../threads/entries.ts";

export interface SendingThread {
  /** Records a second, measured before; null: not measured. */
  readonly ceilingPerSecond: number | null;
  /** `filterPatterns`: the mapping's, by which each record is judged as it is sent. */
  begin(startAtMs: number, filterPatterns: readonly string[]): void;
  /** Nothing more is sent. */
  stop(): void;
  /** All that was planned has been sent or refused, or it was stopped, or it failed. */
  isDone(): boolean;
  failure(): MillraceError | null;
  close(): Promise<void>;
}

/** Resolves when it is connected. Rejects with MillraceError: `source-unreachable`, `server-unreachable`, `bad-argument`. */
export async function startSendingThread(
  boot: SenderBoot,
  onSent: (records: readonly SentRecord[], refusedCount: number) => void,
): Promise<SendingThread> {
  const worker = new Worker(workerEntry("load-sender"), { name: "load-sender", workerData: boot });
  let isDone = false;
  let failure: MillraceError | null = null;
  const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  const ceilingPerSecond = await new Promise<number | null>((resolve, reject) => {
    const fail = (error: MillraceError): void => {
      failure ??= error;
      isDone = true;
      reject(failure);
    };
    worker.on("error", (cause) =>
      fail(new MillraceError("thread-failed", `the sending thread failed: ${String(cause)}`, { cause })),
    );
    worker.on("message", (message: FromSender) => {
      switch (message.kind) {
        case "ready":
          resolve(message.ceilingPerSecond);
          return;
        case "sent":
          onSent(message.records, message.refusedCount);
          return;
        case "done":
          isDone = true;
          return;
        case "failed":
          fail(new MillraceError(message.code, message.message, message.help === null ? {} : { help: message.help }));
      }
    });
    void ended.then(() => {
      if (!isDone) fail(new MillraceError("thread-failed", "the sending thread ended"));
    });
  });
  const tell = (message: ToSender): void => worker.postMessage(message);
  return {
    ceilingPerSecond,
    begin: (startAtMs, filterPatterns) => tell({ kind: "send", startAtMs, filterPatterns }),
    stop: () => tell({ kind: "stop" }),
    isDone: () => isDone,
    failure: () => failure,
    async close() {
      await worker.terminate();
    },
  };
}
