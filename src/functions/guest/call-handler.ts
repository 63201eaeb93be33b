// Calls the handler once and waits for its answer, in the style that the runtime has: a promise or a value from nodejs24.x on,
// a callback or `context.done` besides up to nodejs22.x.
//
// AWS freezes an environment once the answer is there. A thread cannot be frozen: work that the handler left behind goes on
// between invocations here, and what it writes carries the id of the invocation that is running then. For the same reason
// `callbackWaitsForEmptyEventLoop` is accepted and changes nothing: the callback's answer counts when it is given.

import type { LambdaContext } from "./lambda-context.ts";
import { FIRST_RUNTIME_WITHOUT_CALLBACKS, type Handler } from "./load-handler.ts";

export async function callHandler(
  handler: Handler,
  event: unknown,
  context: LambdaContext,
  runtimeMajor: number,
): Promise<unknown> {
  if (runtimeMajor >= FIRST_RUNTIME_WITHOUT_CALLBACKS) return await handler(event, context);
  return await callInOldStyle(handler, event, context);
}

function callInOldStyle(handler: Handler, event: unknown, context: LambdaContext): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let hasAskedForDone = false;
    const done = (error?: unknown, result?: unknown): void => {
      if (error === undefined || error === null) resolve(result);
      else reject(error);
    };
    const asked = <T>(member: T): PropertyDescriptor => ({
      get: () => {
        hasAskedForDone = true;
        return member;
      },
      enumerable: true,
    });
    context.callbackWaitsForEmptyEventLoop = true;
    Object.defineProperties(context, {
      done: asked(done),
      succeed: asked((result?: unknown) => done(null, result)),
      fail: asked((error?: unknown) => done(error ?? "handled")),
    });
    const returned = handler(event, context, done);
    if (isThenable(returned)) returned.then(resolve, reject);
    // Nothing could ever answer: on AWS the event loop runs empty, and the answer is null.
    else if (handler.length < 3 && !hasAskedForDone) resolve(null);
  });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
