// What the service layer answers when it refuses: one code, and texts that several rules share.

import { type ApiAnswer, failure } from "../api-answer.ts";

export const refusal = (text: string): ApiAnswer => failure("InvalidParameterValueException", text);

/** V20, V21. `name` as the model writes it, beginning in lower case. */
export const missingParameter = (name: string): ApiAnswer => refusal(`Required '${name}' parameter is missing.`);

/** V4. */
export const unsupportedParameter = (name: string): ApiAnswer =>
  refusal(`Unsupported '${name}' parameter for given event source mapping type.`);

/** The form of the newer sources. */
export const invalidParameters = (names: readonly string[]): ApiAnswer =>
  refusal(`Invalid parameters: ${names.join(", ")}`);

/** What each rule answers, in the order of the rules: the first refusal. */
export function firstRefusal(...rules: readonly (() => ApiAnswer | null)[]): ApiAnswer | null {
  for (const rule of rules) {
    const refused = rule();
    if (refused !== null) return refused;
  }
  return null;
}
