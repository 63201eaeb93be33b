// An Invoke for servers whose tests invoke nothing: it says so.

import { failure } from "../../../src/control/api-answer.ts";
import type { InvokeOperation } from "../../../src/control/invoke/invoke.ts";

export const noInvoke: InvokeOperation = {
  invoke: async () => ({ kind: "api", answer: failure("ServiceException", "this test has no functions to invoke") }),
};
