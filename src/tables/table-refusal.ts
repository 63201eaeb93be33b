// What a call on a table is refused with: DynamoDB's own error, by its type, status and text.

const CORAL = "com.amazon.coral.service#";
const TABLES = "com.amazonaws.dynamodb.v20120810#";

const errors = {
  ConditionalCheckFailedException: { status: 400, type: `${TABLES}ConditionalCheckFailedException` },
  IdempotentParameterMismatchException: { status: 400, type: `${TABLES}IdempotentParameterMismatchException` },
  InternalServerError: { status: 500, type: `${TABLES}InternalServerError` },
  ResourceInUseException: { status: 400, type: `${TABLES}ResourceInUseException` },
  ResourceNotFoundException: { status: 400, type: `${TABLES}ResourceNotFoundException` },
  SerializationException: { status: 400, type: `${CORAL}SerializationException` },
  TransactionCanceledException: { status: 400, type: `${TABLES}TransactionCanceledException` },
  ValidationException: { status: 400, type: "com.amazon.coral.validate#ValidationException" },
} as const;

export type TableErrorName = keyof typeof errors;

export class TableRefusal extends Error {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(status: number, body: Readonly<Record<string, unknown>>) {
    super(String(body["message"] ?? body["Message"] ?? body["__type"]));
    this.status = status;
    this.body = body;
  }

  /** The error's name without its namespace. */
  get errorName(): string {
    return String(this.body["__type"]).replace(/^.*#/, "");
  }
}

export function refusal(
  name: TableErrorName,
  text: string,
  more: Readonly<Record<string, unknown>> = {},
): TableRefusal {
  const { status, type } = errors[name];
  // Two of these errors write their text under a capital letter.
  const member = name === "SerializationException" || name === "TransactionCanceledException" ? "Message" : "message";
  return new TableRefusal(status, { __type: type, [member]: text, ...more });
}

export const invalid = (text: string): TableRefusal => refusal("ValidationException", text);

export const tableMissing = (name: string): TableRefusal =>
  refusal("ResourceNotFoundException", `Requested resource not found: Table: ${name} not found`);
