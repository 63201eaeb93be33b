// Loads the user's module and finds the handler in it. What goes wrong has the error types that AWS's Node.js runtime gives.

import { pathToFileURL } from "node:url";
import type { GuestFailure, GuestSetup } from "../guest-protocol.ts";
import { failureFrom, makeFailure, traceOf } from "./failures.ts";

export type Handler = (event: unknown, context: unknown, callback?: unknown) => unknown;

export type Loaded =
  | { readonly kind: "loaded"; readonly handler: Handler }
  | { readonly kind: "failed"; readonly failure: GuestFailure };

/** From this Node.js runtime on a handler of three declared parameters is refused, as on AWS. */
export const FIRST_RUNTIME_WITHOUT_CALLBACKS = 24;

const CALLBACK_REFUSED =
  "ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. " +
  "You need to modify this function to use a supported handler signature to use Node.js 24 or later. " +
  "For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.";

export async function loadHandler(setup: GuestSetup): Promise<Loaded> {
  let module: unknown;
  try {
    module = await import(pathToFileURL(setup.modulePath).href);
  } catch (error) {
    return { kind: "failed", failure: importFailure(error) };
  }
  const found = findExport(module, setup.exportName);
  if (found === undefined || found === null) {
    return failed("Runtime.HandlerNotFound", `${setup.handlerText} is undefined or not exported`);
  }
  if (typeof found !== "function") {
    return failed("Runtime.HandlerNotFound", `${setup.handlerText} is not a function`);
  }
  if (found.length >= 3 && setup.runtimeMajor >= FIRST_RUNTIME_WITHOUT_CALLBACKS) {
    return failed("Runtime.CallbackHandlerDeprecated", CALLBACK_REFUSED);
  }
  return { kind: "loaded", handler: found as Handler };
}

function failed(errorType: string, message: string): Loaded {
  return { kind: "failed", failure: makeFailure("initFailed", errorType, message, []) };
}

function importFailure(error: unknown): GuestFailure {
  if (!(error instanceof Error)) return failureFrom(error, "initFailed");
  const code = "code" in error ? error.code : null;
  if (error instanceof SyntaxError) {
    return makeFailure("initFailed", "Runtime.UserCodeSyntaxError", String(error), traceOf(error));
  }
  if (code === "MODULE_NOT_FOUND" || code === "ERR_MODULE_NOT_FOUND") {
    return makeFailure("initFailed", "Runtime.ImportModuleError", String(error), traceOf(error));
  }
  return failureFrom(error, "initFailed");
}

/** The export itself or, for a CommonJS module, a member of its exports. */
function findExport(module: unknown, name: string): unknown {
  const direct = memberAt(module, name);
  if (direct !== undefined) return direct;
  return memberAt(memberAt(module, "default"), name);
}

function memberAt(root: unknown, path: string): unknown {
  let value = root;
  for (const key of path.split(".")) {
    if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}
