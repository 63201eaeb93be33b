// The order in which test files begin: where vitest has no durations of an earlier run, it takes large files first, but how long a file takes
// says more. Long ones that begin first leave no worker alone at a group's end.

import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Of more than about twenty seconds, longest first. Both files of scenarios start many servers: they do not stand side by side. */
const longest = [
  "test/packaging.test.ts",
  "test/kafka/faults.test.ts",
  "test/mongo/faults.test.ts",
  "test/brokers/rabbitmq-broker.test.ts",
  "test/cli/explore-command.test.ts",
  "test/cli/simulate-command.test.ts",
  "test/live/scenarios-redis.test.ts",
  "test/live/activemq.test.ts",
  "test/live/tables-kill.test.ts",
  "test/live/rabbitmq.test.ts",
  "test/live/redis-queues.test.ts",
  "test/live/scenarios.test.ts",
  "test/live/queues-kill.test.ts",
  "test/live/kill-lifecycle.test.ts",
  "test/live/redis-faults.test.ts",
  "test/live/live-view.test.ts",
  "test/live/kafka-faults.test.ts",
  "test/live/resharding.test.ts",
];

/** The others stay in vitest's own order, behind these, each group of projects by itself. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId }: TestSpecification): number => {
      const rank = longest.findIndex((file) => moduleId.endsWith(`/${file}`));
      return rank === -1 ? longest.length : rank;
    };
    const groupOf = ({ project }: TestSpecification): number => project.config.sequence.groupOrder;
    return (await super.sort(files)).toSorted((a, b) => groupOf(a) - groupOf(b) || rankOf(a) - rankOf(b));
  }
}
