// A story of a mapping on a queue, drawn from a seed: as a scenario, so that it is run, told, held against the laws and made smaller as any
// other is. What goes wrong meanwhile is drawn beside it (src/wiring/explore-job.ts).

import { type Scenario, scenarioFrom } from "./scenario.ts";
import type { ScenarioFile, ScenarioRecord } from "./scenario-schema.ts";
import type { SeededRandom } from "./seeded-random.ts";

const STREAM = "queue-story";

/** Poison always ends: its queue has one for dead letters. */
export function drawQueueStory(seed: number, random: SeededRandom): Scenario {
  const pick = <const T>(choices: readonly [T, ...T[]]): T => random.pick(STREAM, choices);
  const happens = (share: number): boolean => random.happens(STREAM, share);
  const between = (least: number, most: number): number => random.between(STREAM, least, most);

  const fifo = happens(0.4);
  const visibility = pick([5, 30, 30, 60]);
  const timeout = pick([2, 5, visibility]);
  const hasFilter = happens(0.25);
  const made = records();
  const file: ScenarioFile = {
    schema: 1,
    seed,
    setup: {
      source: { type: "sqs-queue", fifo, attributes: { VisibilityTimeout: String(visibility), ...delay() } },
      functions: [{ name: "function", timeout_s: Math.min(timeout, visibility), ...reserved() }],
      dead_letter_queue: { max_receive_count: pick([2, 3, 5]) },
    },
    mapping: {
      EventSourceArn: "${source.arn}",
      FunctionName: "function",
      ...batching(),
      ...(happens(0.4) ? { FunctionResponseTypes: ["ReportBatchItemFailures"] } : {}),
      ...(happens(0.4) ? { ScalingConfig: { MaximumConcurrency: pick([2, 2, 3, 10]) } } : {}),
      ...(hasFilter ? { FilterCriteria: { Filters: [{ Pattern: '{"body":{"keep":[true]}}' }] } } : {}),
    },
    handler: handler(),
    records: made,
    steps: steps(),
  };
  return scenarioFrom(file, { id: "queue-story", folder: null });

  function delay(): Record<string, string> {
    return happens(0.15) ? { DelaySeconds: String(pick([1, 10])) } : {};
  }

  function reserved(): { readonly reserved_concurrency?: number } {
    return happens(0.2) ? { reserved_concurrency: pick([1, 2, 5]) } : {};
  }

  function batching(): Record<string, number> {
    const size = { BatchSize: pick([1, 2, 5, 10]) };
    if (fifo) return size;
    const window = pick([0, 0, 1, 3]);
    return window > 0 ? { BatchSize: pick([3, 10, 25, 100]), MaximumBatchingWindowInSeconds: window } : size;
  }

  function handler(): NonNullable<ScenarioFile["handler"]> {
    const slow = pick([0, 0, 0.5, timeout]);
    const delay_s = slow === 0 ? 0 : { min: 0, max: slow };
    const poison = { data_field: "poison", equals: true };
    switch (pick(["return", "throw", "throw", "report", "report", "share"])) {
      case "return":
        return { do: "return", delay_s };
      case "throw":
        return { do: "throw", message: "poison", when: poison, delay_s };
      case "report":
        return { do: "report", identifier: "messageId", when: poison, delay_s };
      case "share":
        return { do: "throw", message: "by chance", share: 0.2, until_s: 60, delay_s };
    }
  }

  function records(): ScenarioRecord[] {
    const count = between(1, 40);
    const spreadMs = pick([0, 2_000, 20_000]);
    const groupCount = pick([1, 3, 10]);
    const poisonShare = pick([0, 0.05, 0.3]);
    return Array.from({ length: count }, (_, index) => {
      const body = { n: index, poison: happens(poisonShare), keep: !hasFilter || happens(0.6) };
      const group = `g${between(1, groupCount)}`;
      return {
        label: `m${index + 1}`,
        body: JSON.stringify(body),
        at_s: Math.floor((index * spreadMs) / count) / 1_000,
        ...(fifo ? { group } : {}),
        ...(!fifo && happens(0.05) ? { delay_s: between(0, 20) } : {}),
      };
    });
  }

  function steps(): NonNullable<ScenarioFile["steps"]> {
    const create = { do: "create-mapping" as const };
    const send = { do: "send" as const, records: made.map(({ label }) => label) };
    const order = happens(0.8) ? [create, send] : [send, create];
    return happens(0.05) ? [...order, { do: "purge-queue" as const }] : order;
  }
}
