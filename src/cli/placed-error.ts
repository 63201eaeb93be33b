// What only a start finds wrong with a configuration (an export that is not there, a stream that nobody has made) gets its place in
// the file: the start knows functions by name and mappings by number, and this knows where these stand.

import type { ReadConfig } from "../config/load-config.ts";
import type { Path } from "../config/config-document.ts";
import { MillraceError } from "../errors.ts";

/** The same error with its place, or the error as it is. */
export function withPlace(error: unknown, read: Pick<ReadConfig, "placeOf">): unknown {
  if (!(error instanceof MillraceError) || error.place !== null) return error;
  const path = pathOf(error);
  const place = path === null ? null : read.placeOf(path, "value", "");
  if (place === null) return error;
  const { code, message, help, cause } = error;
  return new MillraceError(code, message, { place, cause, ...(help === null ? {} : { help }) });
}

function pathOf({ code, message }: MillraceError): Path | null {
  const functionName = /^function `([^`]+)`/.exec(message)?.[1];
  if (code === "handler-not-found" && functionName !== undefined) return ["functions", functionName, "Handler"];
  const index = /^mappings\[(\d+)\]/.exec(message)?.[1];
  return code === "config-invalid" && index !== undefined ? ["mappings", Number(index), "EventSourceArn"] : null;
}
