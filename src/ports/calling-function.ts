// By what a call of an app's client is known to come from inside a function: its threads are given credentials and an application id
// that name it. Whoever gives its clients credentials of its own is still known by the id, which the SDKs put into their user agent.

const PREFIX = "millrace-";
/** The SDKs warn about longer ones. */
const MOST_APP_ID = 50;

/** AWS_ACCESS_KEY_ID of a function's environment. */
export const accessKeyOf = (functionName: string): string => PREFIX + functionName;

/** AWS_SDK_UA_APP_ID of a function's environment; null: its name is too long for one. */
export function appIdOf(functionName: string): string | null {
  const id = PREFIX + functionName;
  return id.length <= MOST_APP_ID ? id : null;
}

/** The function that a call comes from, by its Authorization and User-Agent headers; null: from none that is known. */
export function callingFunctionOf(headers: {
  readonly authorization?: string | undefined;
  readonly "user-agent"?: string | undefined;
}): string | null {
  const key = /Credential=millrace-([\w-]+)\//.exec(headers.authorization ?? "");
  const id = /(?:^| )app\/millrace-([\w-]+)(?: |$)/.exec(headers["user-agent"] ?? "");
  return key?.[1] ?? id?.[1] ?? null;
}
