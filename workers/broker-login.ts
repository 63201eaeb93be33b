// The login that a secret of BASIC_AUTH or of SCRAM holds: `{"username", "password"}`, as AWS has it.

export interface BrokerLogin {
  readonly username: string;
  readonly password: string;
}

/** `text`: the secret's; null: there is none. Answers text where it is of no use: what is wrong with it, and nothing of what it holds. */
export function loginOf(text: string | null, secretArn: string, type = "BASIC_AUTH"): BrokerLogin | string {
  if (text === null) return `there is no secret ${secretArn} (${type})`;
  const flaw = `the secret ${secretArn} (${type}) is not an object with username and password`;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return flaw;
    if (!("username" in value) || typeof value.username !== "string") return flaw;
    if (!("password" in value) || typeof value.password !== "string") return flaw;
    return { username: value.username, password: value.password };
  } catch {
    // The parser's words would quote the secret.
    return flaw;
  }
}
