// T-164: no event over BatchSize or the payload limit. E-61, P-6: in one process never more calls of a shard at once than its factor,
// and never two that share a key. What an earlier process left running is nobody's call any more.

import type { Checker } from "./checker.ts";
import { keyOf } from "./endings.ts";

export const limitsKept: Checker = {
  name: "limits kept",
  law: { text: "no event passes BatchSize or the byte limit", rule: "T-164" },
  check({ limits, happenings }) {
    const problems: string[] = [];
    for (const each of happenings) {
      if (each.kind !== "called") continue;
      if ((each.positions.length === 0) !== (each.window?.isFinal ?? false))
        problems.push(`call ${each.call} has ${each.positions.length} records`);
      if (each.positions.length > limits.batchSize)
        problems.push(`call ${each.call} has ${each.positions.length} records of ${limits.batchSize}`);
      if (each.eventBytes > limits.eventLimitBytes)
        problems.push(`call ${each.call} has ${each.eventBytes} bytes of ${limits.eventLimitBytes}`);
    }
    return problems;
  },
};

interface Running {
  readonly life: number;
  readonly unit: string;
  readonly keys: ReadonlySet<string>;
}

export const concurrencyKept: Checker = {
  name: "concurrency kept",
  law: { text: "in a lane calls never overlap, and lanes are as many as the factor says", rule: "E-61" },
  check({ limits, happenings }) {
    const problems: string[] = [];
    const keys = new Map<string, string>();
    const running = new Map<number, Running>();
    for (const each of happenings) {
      if (each.kind === "put") keys.set(keyOf(each.record.unit, each.record.position), each.record.key);
      if (each.kind === "returned") running.delete(each.call);
      if (each.kind !== "called") continue;
      const { life, unit } = each;
      const own = new Set(each.positions.map((position) => keys.get(keyOf(unit, position)) ?? ""));
      const beside = [...running.values()].filter((other) => other.life === life && other.unit === unit);
      if (beside.length >= limits.parallelizationFactor)
        problems.push(`call ${each.call} is one more than the factor ${limits.parallelizationFactor} allows`);
      if (beside.some((other) => [...own].some((key) => other.keys.has(key))))
        problems.push(`call ${each.call} shares a key with another that runs`);
      running.set(each.call, { life, unit, keys: own });
    }
    return problems;
  },
};
