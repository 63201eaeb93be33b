// An invocation that Invoke asks for, as the call of an invoker: its event is the payload, and its answer is always wanted.

import { packJsonEvent } from "../kinds/json/json-event.ts";
import type { Call, DirectCall } from "../ports/invoker.ts";

export function callOfDirect(direct: DirectCall): Call {
  const { requestId, functionArn, payload, clientContext, isLogWanted } = direct;
  return {
    functionArn,
    mappingUuid: "",
    requestId,
    recordCount: 1,
    pack: () => packJsonEvent(payload),
    text: () => Buffer.from(payload).toString("utf8"),
    isAnswerWanted: true,
    isLogWanted,
    ...(clientContext === null ? {} : { clientContext }),
  };
}
