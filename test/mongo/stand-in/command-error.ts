// How a command of the stand-in fails: the code, name and labels that a client of MongoDB decides by. The codes are MongoDB's own,
// here by name so that tests inject what they mean.

export class CommandError extends Error {
  readonly code: number;
  readonly codeName: string;
  readonly labels: readonly string[];

  constructor(code: number, message: string, labels: readonly string[] = []) {
    super(message);
    this.code = code;
    this.codeName = codeNames[code] ?? `Location${code}`;
    this.labels = labels;
  }
}

const codeNames: Readonly<Record<number, string>> = {
  2: "BadValue",
  9: "FailedToParse",
  13: "Unauthorized",
  18: "AuthenticationFailed",
  20: "IllegalOperation",
  26: "NamespaceNotFound",
  43: "CursorNotFound",
  48: "NamespaceExists",
  59: "CommandNotFound",
  91: "ShutdownInProgress",
  136: "CappedPositionLost",
  189: "PrimarySteppedDown",
  237: "CursorKilled",
  238: "NotImplemented",
  260: "InvalidResumeToken",
  280: "ChangeStreamFatalError",
  286: "ChangeStreamHistoryLost",
  10107: "NotWritablePrimary",
  10334: "BSONObjectTooLarge",
  11000: "DuplicateKey",
  11600: "InterruptedAtShutdown",
  11602: "InterruptedDueToReplStateChange",
};

/** After these a reader of a change stream goes on by opening it again, and a server says so by a label. */
const resumable: readonly number[] = [
  6, 7, 63, 89, 91, 133, 150, 189, 234, 237, 262, 9001, 10107, 11600, 11602, 13388, 13435, 13436,
];
/** After these a write may be sent again. */
const retryable: readonly number[] = [6, 7, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436];

/** The labels that a server adds by itself. */
export function labelsOf(error: CommandError, of: { readonly isChangeStream: boolean; readonly isWrite: boolean }) {
  const added = new Set(error.labels);
  if (of.isChangeStream && resumable.includes(error.code)) added.add("ResumableChangeStreamError");
  if (of.isChangeStream && error.code === 286) added.add("NonResumableChangeStreamError");
  if (of.isWrite && retryable.includes(error.code)) added.add("RetryableWriteError");
  return [...added];
}

/** What is asked for is MongoDB's, and not the stand-in's: said, and never passed over. */
export function notOffered(what: string): CommandError {
  return new CommandError(238, `the MongoDB stand-in of the tests does not offer ${what}`);
}
