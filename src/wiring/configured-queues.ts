// Queues of a configuration, made at the start. One that is there stays as it is; where that is otherwise than configured, it is told.

import type { Config } from "../config/config.ts";
import { shownSettings } from "../control/sqs/queue-attributes.ts";
import type { Queues } from "../ports/queues.ts";

export async function makeConfiguredQueues(
  { queues: configured, account, region }: Pick<Config, "queues" | "account" | "region">,
  queues: Queues,
  onOtherwise: (text: string) => void,
): Promise<void> {
  const home = { partition: "aws", region, accountId: account };
  for (const { name, settings } of configured) {
    if ((await queues.createQueue(name, { settings })) === "created") continue;
    const there = await queues.describeQueue(name);
    if (there === null) continue;
    const has = shownSettings(there.settings, home);
    for (const [attribute, wanted] of shownSettings({ ...there.settings, ...settings }, home)) {
      const found = has.get(attribute);
      if (found === wanted) continue;
      onOtherwise(
        `the queue ${name} has ${attribute} ${found ?? "not set"}, not ${wanted} as configured, and keeps it: ` +
          "SetQueueAttributes changes that",
      );
    }
  }
}
