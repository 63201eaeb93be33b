// The model layer, whole: a request is parsed by its shape, or refused with the error that AWS gives for it.

import { type ApiAnswer, failure } from "./api-answer.ts";
import { findFaults, type Parsed, parseShape, type Structure, validationText } from "./shape.ts";

export type Request<S extends Structure> =
  | { readonly kind: "request"; readonly request: Parsed<S> }
  | { readonly kind: "refused"; readonly answer: ApiAnswer };

/** Wrong types first (SerializationException), then broken bounds, collected (ValidationException). */
export function readRequest<const S extends Structure>(body: unknown, shape: S): Request<S> {
  const parsed = parseShape(body, shape);
  if (parsed.kind === "wrongType") return { kind: "refused", answer: failure("SerializationException", parsed.text) };
  const faults = findFaults(parsed.value, shape);
  if (faults.length > 0) {
    return { kind: "refused", answer: failure("ValidationException", validationText(faults)) };
  }
  return { kind: "request", request: parsed.value };
}
