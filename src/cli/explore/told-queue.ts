// A simulated run of a queue's mapping as a story in lines: messages as they were sent, receives, batches, each call and what came of it,
// deletes, dead letters, faults where they befell, and a mark where a law is broken.

import type { Entry } from "../../ports/journal.ts";
import type { QueueHappening, SeenMessage } from "../../sim/queue-history.ts";
import type { ToldQueue } from "../../sim/told-history.ts";
import { counted, shortId, shownMs, shownNumber } from "../shown-forms.ts";
import { faultText } from "./fault-text.ts";
import { type Teller, type TellOptions, toldLine } from "./teller.ts";

type Called = Extract<QueueHappening, { kind: "called" }>;
type Returned = Extract<QueueHappening, { kind: "returned" }>;
type Invoked = Extract<Entry, { kind: "invoked" }>;

const FEW = 4;

export function createQueueTeller(
  { entries, startedAtMs, labelOf, signs }: TellOptions,
  { history: { limits, happenings } }: ToldQueue,
): Teller {
  const labels = new Map<string, string>();
  const byReceipt = new Map<string, string>();
  /** Messages that have succeeded, and those of calls that were cut off: if such a one is called once more, it comes again. */
  const perhapsDone = new Set<string>();
  const calls = new Map<number, Called>();
  const returns = new Map<number, Returned>();
  for (const each of happenings) if (each.kind === "returned") returns.set(each.call, each);
  const invoked = Map.groupBy(
    entries.filter((entry): entry is Invoked => entry.kind === "invoked"),
    ({ requestId }) => requestId,
  );
  let nowMs = startedAtMs;

  const line = (atMs: number, word: string, text: string): string => {
    nowMs = Math.max(nowMs, atMs);
    return toldLine(atMs - startedAtMs, word, text);
  };
  const labelAt = (id: string): string => labels.get(id) ?? shortId(id);
  const labelsText = (ids: readonly string[]): string =>
    ids.length <= FEW
      ? ids.map(labelAt).join(", ")
      : `${labelAt(ids[0] ?? "")} to ${labelAt(ids.at(-1) ?? "")} (${counted(ids.length, "message")})`;
  const idsOf = (messages: readonly SeenMessage[]): readonly string[] => messages.map(({ id }) => id);
  const receiptText = (receipt: string): string => labelAt(byReceipt.get(receipt) ?? receipt);

  function outcomeText(call: Called): string {
    const answer = returns.get(call.call);
    if (answer === undefined) return "never answered";
    const took = `in ${shownMs(answer.atMs - call.atMs)}`;
    if (answer.isRefused) return `cut off ${took}`;
    if (answer.failed.length === 0) return `ok ${took}`;
    if (answer.failed.length === call.messages.length) return `failed ${took}`;
    return `${labelsText(answer.failed)} failed ${took}`;
  }

  function calledLine(call: Called, mark: string): string {
    calls.set(call.call, call);
    const again = idsOf(call.messages).filter((id) => perhapsDone.has(id));
    const entry = (invoked.get(call.requestId) ?? []).findLast(({ atMs }) => atMs <= call.atMs);
    const batch = entry === undefined ? "" : `batch ${entry.batch} attempt ${entry.attempt}, `;
    const text = `${batch}request ${shortId(call.requestId)}: ${labelsText(idsOf(call.messages))} ${signs.arrow} ${outcomeText(call)}`;
    return line(call.atMs, "invoke", `${text}${again.length === 0 ? "" : `   ${labelsText(again)} again`}${mark}`);
  }

  function told(happening: QueueHappening, mark: string): string | null {
    switch (happening.kind) {
      case "sent": {
        const { id, number, groupId, atMs, visibleAtMs, isFiltered } = happening.message;
        labels.set(id, labelOf(number, id));
        const group = groupId === null ? "" : ` (group ${groupId})`;
        const delay = visibleAtMs > atMs ? `, visible in ${shownMs(visibleAtMs - atMs)}` : "";
        const filtered = isFiltered ? ", passed over by the filter" : "";
        return line(
          atMs,
          "send",
          `${labelAt(id)}${group} ${signs.arrow} message ${shortId(id)}${delay}${filtered}${mark}`,
        );
      }
      case "received": {
        const { messages, hiddenUntilMs, isLost, atMs } = happening;
        for (const { id, receipt } of messages) byReceipt.set(receipt, id);
        const counts = [...new Set(messages.map(({ count }) => count))].join(" and ");
        const hidden = `received for the ${counts}. time, hidden for ${shownMs(hiddenUntilMs - atMs)}`;
        return line(
          atMs,
          "receive",
          `${labelsText(idsOf(messages))}: ${hidden}${isLost ? ", and lost on its way" : ""}${mark}`,
        );
      }
      case "called":
        return calledLine(happening, mark);
      case "returned": {
        nowMs = Math.max(nowMs, happening.atMs);
        const call = calls.get(happening.call);
        for (const { id } of call?.messages ?? [])
          if (happening.isRefused || !happening.failed.includes(id)) perhapsDone.add(id);
        return mark === ""
          ? null
          : line(happening.atMs, "answer", `of request ${shortId(call?.requestId ?? "")}${mark}`);
      }
      case "deleted":
        return line(happening.atMs, "deleted", `${receiptText(happening.receipt)}${mark}`);
      case "dead-lettered":
        return line(
          happening.atMs,
          "dead",
          `${labelAt(happening.id)} after ${counted(happening.count, "receive")} ${signs.arrow} dead-letter queue${mark}`,
        );
      case "visibility-changed": {
        const { receipt, hiddenUntilMs, atMs } = happening;
        const how = hiddenUntilMs <= atMs ? "given back" : `hidden for ${shownMs(hiddenUntilMs - atMs)} more`;
        return line(atMs, "returned", `${receiptText(receipt)}: ${how}${mark}`);
      }
      case "purged":
        return line(happening.atMs, "purged", `all that lay in the queue${mark}`);
      case "fault":
        return line(happening.atMs, `FAULT ${happening.number}`, `${faultText(happening.fault)}${mark}`);
      case "started":
        return line(happening.atMs, happening.life === 1 ? "start" : "restart", `process ${happening.life}${mark}`);
      case "stopped":
        return line(
          happening.atMs,
          "stopped",
          `process ${happening.life}${happening.isForced ? ", perhaps by force" : ""}${mark}`,
        );
      case "delete-asked":
      case "crashed":
      case "over":
        return mark === "" ? null : line(happening.atMs, happening.kind, mark.trim());
      case "positioned":
      case "repeated":
        return mark === "" ? null : line(nowMs, happening.kind, mark.trim());
    }
  }

  return {
    closed({ atMs, batch, closedBy, recordCount, payloadBytes }) {
      const of = `${shownNumber(recordCount)} of ${shownNumber(limits.batchSize)} records`;
      return line(atMs, "batch", `${batch} closed by ${closedBy}: ${of}, ${shownNumber(payloadBytes)} B`);
    },
    happened(index, isBroken) {
      const happening = happenings[index];
      return happening === undefined ? null : told(happening, isBroken ? ` ${signs.broken}` : "");
    },
  };
}
