// A fault in one sentence, for a FAULT line of a told story.

import type { Fault } from "../../sim/fault.ts";
import { shownMs, shownNumber } from "../shown-forms.ts";

const forSeconds = (amount_s: number): string => shownMs(amount_s * 1_000);
const lasting = ({ for_s }: { readonly for_s?: number }): string =>
  for_s === undefined || for_s === 0 ? "" : `, for ${forSeconds(for_s)}`;
const shardText = (shard: string | undefined): string => {
  const number = shard === undefined ? undefined : /^shardId-(\d+)$/.exec(shard)?.[1];
  return number === undefined ? (shard ?? "the source") : `shard ${Number(number)}`;
};

const queueText = (queue: string | undefined): string => (queue === undefined ? "the queue" : `the queue ${queue}`);

export function faultText(fault: Fault): string {
  switch (fault.kind) {
    case "slow-read":
      return `a read of ${shardText(fault.on)} takes ${forSeconds(fault.for_s)}`;
    case "read-fails":
      return `a read of ${shardText(fault.on)} fails${lasting(fault)}`;
    case "duplicate-read":
      return `a read of ${shardText(fault.on)} hands out ${shownNumber(fault.records)} that it has handed out before`;
    case "slow-ask":
      return `the source takes ${forSeconds(fault.for_s)} to say what shards there are, or where one begins`;
    case "ask-fails":
      return `${fault.on === "checkpoints" ? "the checkpoints cannot be read" : "the source does not say what shards there are, or where one begins"}${lasting(fault)}`;
    case "slow-save":
      return `saving the checkpoint of ${shardText(fault.on)} takes ${forSeconds(fault.for_s)}`;
    case "save-fails":
      return `saving the checkpoint of ${shardText(fault.on)} fails${lasting(fault)}`;
    case "save-lost":
      return `the checkpoint of ${shardText(fault.on)} is answered as kept, and is lost${lasting(fault)}`;
    case "handler-error":
      return `the handler fails (${fault.reason ?? "threw"})${lasting(fault)}`;
    case "time-out":
      return `the handler never answers, until its time is over${lasting(fault)}`;
    case "slow-handler":
      return `the handler takes ${forSeconds(fault.for_s)}`;
    case "throttle":
      return `the call is throttled${lasting(fault)}`;
    case "service-fault":
      return `the call is refused (${fault.reason === "functionMissing" ? "no such function" : "a fault of the service"})${lasting(fault)}`;
    case "slow-destination":
      return `the destination takes ${forSeconds(fault.for_s)}`;
    case "destination-refuses":
      return `the destination refuses the document${lasting(fault)}`;
    case "crash":
      return `process ${fault.process} ends in mid-step, at call ${shownNumber(fault.at_call)} of its ports`;
    case "outage":
      return `the source cannot be reached for ${forSeconds(fault.for_s)}`;
    case "zombie":
      return "another process begins while the first still runs";
    case "restart":
      return `the process is stopped, with ${forSeconds(fault.grace_s)} of grace, and begins again ${forSeconds(fault.for_s)} later`;
    case "update":
      return `the settings change: ${Object.entries(fault.settings)
        .map(([name, value]) => `${name} ${value}`)
        .join(", ")}`;
    case "split":
      return `${shardText(fault.shard)} is split in two`;
    case "merge":
      return `${fault.shards.map(shardText).join(" and ")} are merged`;
    case "trim":
      return `${shardText(fault.shard)} loses its oldest ${shownNumber(fault.records)} records`;
    case "clock-jump":
      return `the wall clock is set ${forSeconds(fault.by_s)} forward`;
    case "clock-set-back":
      return `the wall clock is set ${forSeconds(fault.by_s)} back`;
    case "slow-receive":
      return `a receive of ${queueText(fault.on)} takes ${forSeconds(fault.for_s)}`;
    case "receive-fails":
      return `a receive of ${queueText(fault.on)} fails${lasting(fault)}`;
    case "receive-lost":
      return `what a receive of ${queueText(fault.on)} hands out is lost on its way, and hidden${lasting(fault)}`;
    case "duplicate-delivery":
      return `${queueText(fault.on)} hands out messages without hiding them${lasting(fault)}`;
    case "slow-delete":
      return `deleting from ${queueText(fault.on)} takes ${forSeconds(fault.for_s)}`;
    case "delete-fails":
      return `deleting from ${queueText(fault.on)} fails${lasting(fault)}`;
    case "delete-lost":
      return `messages of ${queueText(fault.on)} are deleted, and the answer is lost on its way${lasting(fault)}`;
  }
}
