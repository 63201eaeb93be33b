// What is known of each message at each point of a history: by which receipt it is held and until when, how often it was received, and
// how it ended. It takes the happenings in one by one; checkers look at it before they take the next one in.

import type { QueueHappening, SentMessage } from "../queue-history.ts";

export interface Message extends Readonly<SentMessage> {
  /** Receives so far, those whose answers were lost included. */
  receiveCount: number;
  /** Of its last receive; null: it was never received. */
  receipt: string | null;
  /** By the wall clock. */
  hiddenUntilMs: number;
  /** The queue has handed it out once more without hiding it. */
  isRepeated: boolean;
  /** In a call of its last receive: what becomes of its delete nobody has to wait for. */
  hasSucceeded: boolean;
  end: "deleted" | "dead-lettered" | "purged" | null;
}

export type Called = Extract<QueueHappening, { kind: "called" }>;

export interface Ledger {
  take(happening: QueueHappening): void;
  /** In the order in which they were sent. */
  messages(): readonly Message[];
  message(id: string): Message | undefined;
  /** Of a group, in the order in which they were sent. */
  group(groupId: string | null): readonly Message[];
  messageOf(receipt: string): Message | undefined;
  call(call: number): Called | undefined;
  /** Calls that run, of processes that live. */
  running(): readonly Called[];
}

export function createLedger(): Ledger {
  const messages = new Map<string, Message>();
  const groups = new Map<string | null, Message[]>();
  const byReceipt = new Map<string, Message>();
  const calls = new Map<number, Called>();
  const running = new Map<number, Called>();

  function add(message: Message): void {
    messages.set(message.id, message);
    const group = groups.get(message.groupId);
    if (group === undefined) groups.set(message.groupId, [message]);
    else group.push(message);
  }

  function succeed({ call, failed, isRefused }: Extract<QueueHappening, { kind: "returned" }>): void {
    if (isRefused) return;
    for (const { id, receipt } of calls.get(call)?.messages ?? []) {
      const message = messages.get(id);
      if (message?.receipt === receipt && !failed.includes(id)) message.hasSucceeded = true;
    }
  }

  function take(happening: QueueHappening): void {
    switch (happening.kind) {
      case "sent":
        add({
          ...happening.message,
          receiveCount: 0,
          receipt: null,
          hiddenUntilMs: 0,
          isRepeated: false,
          hasSucceeded: false,
          end: null,
        });
        return;
      case "received":
        for (const { id, receipt } of happening.messages) {
          const message = messages.get(id);
          if (message === undefined) continue;
          byReceipt.set(receipt, message);
          message.receiveCount += 1;
          message.receipt = receipt;
          message.hiddenUntilMs = happening.hiddenUntilMs;
          message.isRepeated = false;
          message.hasSucceeded = false;
        }
        return;
      case "repeated":
        for (const id of happening.ids) {
          const message = messages.get(id);
          if (message !== undefined) message.isRepeated = true;
        }
        return;
      case "visibility-changed": {
        const message = byReceipt.get(happening.receipt);
        if (message?.receipt === happening.receipt) message.hiddenUntilMs = happening.hiddenUntilMs;
        return;
      }
      case "dead-lettered": {
        const message = messages.get(happening.id);
        if (message !== undefined) message.end = "dead-lettered";
        return;
      }
      case "deleted": {
        const message = byReceipt.get(happening.receipt);
        if (message !== undefined) message.end = "deleted";
        return;
      }
      case "purged":
        for (const message of messages.values()) message.end ??= "purged";
        return;
      case "called":
        calls.set(happening.call, happening);
        running.set(happening.call, happening);
        return;
      case "returned":
        running.delete(happening.call);
        succeed(happening);
        return;
      case "crashed":
        for (const [number, { life }] of running) if (life === happening.life) running.delete(number);
        return;
      case "started":
      case "positioned":
      case "stopped":
      case "delete-asked":
      case "fault":
      case "over":
        return;
    }
  }

  return {
    take,
    messages: () => [...messages.values()],
    message: (id) => messages.get(id),
    group: (groupId) => groups.get(groupId) ?? [],
    messageOf: (receipt) => byReceipt.get(receipt),
    call: (call) => calls.get(call),
    running: () => [...running.values()],
  };
}

/** What a checker finds as it reads: `look` sees each happening with the ledger as it was before it. */
export function problemsIn(
  happenings: readonly QueueHappening[],
  look: (happening: QueueHappening, ledger: Ledger) => readonly string[],
): readonly string[] {
  const ledger = createLedger();
  const problems: string[] = [];
  for (const each of happenings) {
    problems.push(...look(each, ledger));
    ledger.take(each);
  }
  return problems;
}
