// Joins topics to what their messages go to: queues, functions by Event invocations, addresses.

import type { InvokeOperation } from "../control/invoke/invoke.ts";
import type { Surroundings } from "../control/lookups.ts";
import { type OpenTopics, openTopics } from "../destinations/topics/topics.ts";
import { MillraceError } from "../errors.ts";
import { createEndpointClient } from "../functions/endpoint-exchange.ts";
import type { Clock } from "../ports/clock.ts";
import type { Journal } from "../ports/journal.ts";
import type { Queues } from "../ports/queues.ts";
import type { Random } from "../ports/random.ts";
import type { Tables } from "../ports/tables.ts";

export async function openHouseTopics(house: {
  readonly tables: Tables;
  readonly queues: Queues;
  readonly invocations: InvokeOperation;
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: Journal;
  readonly settings: Surroundings;
  readonly endpointUrl: () => string;
}): Promise<OpenTopics> {
  const client = createEndpointClient(house.clock);
  const topics = await openTopics({
    ...house,
    poster: client,
    async invoke(functionArn, payload, requestId) {
      const request = { ...noOptions, functionName: functionArn, payload: Buffer.from(payload, "utf8") };
      const invoked = await house.invocations.invoke(request, requestId);
      if (invoked.kind === "ran") return "it was called at once, and not stored";
      const { status, body } = invoked.answer;
      if (status < 300) return null;
      const text = `${functionArn}: ${JSON.stringify(body)}`;
      if (status >= 500) throw new MillraceError("source-unreachable", text);
      return text;
    },
  });
  return {
    ...topics,
    async close() {
      await topics.close();
      client.close();
    },
  };
}

const noOptions = {
  qualifier: undefined,
  invocationType: "Event",
  logType: undefined,
  clientContext: undefined,
  tenantId: undefined,
  durableExecutionName: undefined,
} as const;
