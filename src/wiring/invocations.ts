// Joins Invoke to the functions and to the poller threads. What is asked for before there are threads waits for them.

import { createEventInvocations } from "../control/invoke/event-invocations.ts";
import { createInvokeOperation, type InvokeOperation } from "../control/invoke/invoke.ts";
import type { InvokedFunctions } from "../control/invoke/invoke-request.ts";
import type { Surroundings } from "../control/lookups.ts";
import type { FunctionRegistry } from "../functions/function-registry.ts";
import type { Clock } from "../ports/clock.ts";
import { versionOf } from "../ports/functions.ts";
import type { FunctionCaller } from "../ports/invoker.ts";
import type { Journal } from "../ports/journal.ts";
import type { Tables } from "../ports/tables.ts";

export interface Invocations extends InvokeOperation {
  /** From now on functions can be called: Event invocations of the store go on. */
  launch(caller: FunctionCaller): Promise<void>;
  /** Calls nothing more from the store; resolves when what is under way has ended and is stored. A second call is the same promise. */
  close(): Promise<void>;
}

export function createInvocations(house: {
  readonly tables: Tables;
  readonly functions: Pick<FunctionRegistry, "get">;
  readonly settings: Surroundings;
  readonly clock: Clock;
  readonly journal: Journal;
}): Invocations {
  const { tables, settings, clock, journal } = house;
  const launched = Promise.withResolvers<FunctionCaller>();
  const caller: FunctionCaller = { call: async (call) => await (await launched.promise).call(call) };
  const functions = invokedFunctions(house.functions);
  const events = createEventInvocations({ tables, caller, clock, journal, functions });
  const operation = createInvokeOperation({ functions, settings, caller, events, journal });
  let closing: Promise<void> | null = null;
  return {
    invoke: (request, requestId) => operation.invoke(request, requestId),
    async launch(threads) {
      launched.resolve(threads);
      await events.start();
    },
    close() {
      closing ??= events.close();
      return closing;
    },
  };
}

function invokedFunctions(functions: Pick<FunctionRegistry, "get">): InvokedFunctions {
  return {
    stateOf(name, qualifier) {
      const deployed = functions.get(name);
      // Whatever share an alias draws, it is there or it is not.
      return deployed === null || versionOf(deployed, qualifier, () => 0) === null ? null : "Active";
    },
    reservedOf: (name) => functions.get(name)?.settings.reservedConcurrency ?? null,
  };
}
