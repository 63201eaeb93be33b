// T-163: what has one request id is one batch, called at most 1 + MaximumRetryAttempts times; its document says how often it was
// called, or 1. A record that is too large alone is counted without being called (B-12), and is left out here.

import type { Checker } from "./checker.ts";

export const attemptsKept: Checker = {
  name: "attempts kept",
  law: { text: "a batch is called at most 1 + retries times, and its document counts its calls", rule: "T-163" },
  check({ limits, happenings }) {
    const problems: string[] = [];
    const requestOf = new Map<number, string>();
    const members = new Map<string, string>();
    const counts = new Map<string, number>();
    for (const each of happenings) {
      switch (each.kind) {
        case "called": {
          requestOf.set(each.call, each.requestId);
          const own = each.positions.join();
          if ((members.get(each.requestId) ?? own) !== own)
            problems.push(`call ${each.call} has other records than the call before it of request ${each.requestId}`);
          members.set(each.requestId, own);
          break;
        }
        case "returned": {
          const requestId = requestOf.get(each.call) ?? "";
          const count = (counts.get(requestId) ?? 0) + (each.isCounted ? 1 : 0);
          counts.set(requestId, count);
          if (limits.retries >= 0 && count > limits.retries + 1)
            problems.push(`request ${requestId} was called ${count} times with ${limits.retries} retries`);
          break;
        }
        case "reported": {
          const count = counts.get(each.requestId) ?? 0;
          const isTooLarge = each.eventBytes > limits.eventLimitBytes;
          if (!isTooLarge && each.count !== Math.max(1, count))
            problems.push(`the document of request ${each.requestId} says ${each.count} for ${count} calls`);
          break;
        }
        default:
          break;
      }
    }
    return problems;
  },
};
