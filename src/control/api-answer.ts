// What an operation of the mapping API answers, without HTTP: used by the routes and by the scenario runner alike. Errors are
// values here; the member that carries an error's text differs by class, as recorded (control-plane rules, section 1.3).

/** JSON as it goes out: a number, text, boolean, null, list or object in the order of its members. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [member: string]: Json };

export type JsonObject = { readonly [member: string]: Json };

export interface ApiAnswer {
  readonly status: number;
  /** Bare name of the error for `x-amzn-ErrorType`; null: a success. */
  readonly errorType: ApiErrorName | null;
  /** Null: an empty body (204). */
  readonly body: JsonObject | null;
  /** Of a refusal of what AWS would take: what it is, and where the documents say so. Not part of the answer that goes out. */
  readonly notHonoured?: NotHonoured;
}

export interface NotHonoured {
  readonly what: string;
  readonly page: string;
}

/** Status, and the member that carries the text, by error. `type` null: the body has no `Type` member. */
const errorForms = {
  InvalidParameterValueException: { status: 400, member: "message", type: "User" },
  ResourceConflictException: { status: 409, member: "message", type: "User" },
  TooManyRequestsException: { status: 429, member: "message", type: "User" },
  PreconditionFailedException: { status: 412, member: "message", type: "User" },
  ResourceNotFoundException: { status: 404, member: "Message", type: "User" },
  ResourceInUseException: { status: 400, member: "Message", type: "User" },
  ServiceException: { status: 500, member: "Message", type: "Service" },
  ValidationException: { status: 400, member: "message", type: null },
  SerializationException: { status: 400, member: "Message", type: null },
  InvalidRequestContentException: { status: 400, member: "message", type: "User" },
  RequestEntityTooLargeException: { status: 413, member: "message", type: "User" },
  AccessDeniedException: { status: 403, member: "Message", type: null },
  UnknownOperationException: { status: 404, member: "message", type: null },
} as const;

export type ApiErrorName = keyof typeof errorForms;

/** The text of an error; empty for a success. */
export function errorTextOf({ errorType, body }: ApiAnswer): string {
  const text = errorType === null ? null : body?.[errorForms[errorType].member];
  return typeof text === "string" ? text : "";
}

export function success(status: number, body: JsonObject | null): ApiAnswer {
  return { status, errorType: null, body };
}

export function failure(errorType: ApiErrorName, text: string): ApiAnswer {
  const form = errorForms[errorType];
  const body = form.type === null ? { [form.member]: text } : { Type: form.type, [form.member]: text };
  return { status: form.status, errorType, body };
}
