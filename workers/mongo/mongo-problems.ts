// What a fault of MongoDB or DocumentDB means for a mapping, from what the client throws: a server's code where there is
// one, else its words.

import type { SourceProblem } from "../../src/ports/source.ts";

const CONNECTION_TEXT = "PROBLEM: Connection error. Please check your event source connection configuration.";
const LOGIN_TEXT = "PROBLEM: Server failed to authenticate Lambda";
const RIGHTS_TEXT = "PROBLEM: Cluster failed to authorize Lambda";
const CERTIFICATE_TEXT = "PROBLEM: Lambda failed to authenticate server";
const LOST_TEXT = "PROBLEM: The position in the change stream is lost: the cluster's log does not reach back so far.";
const RESUME_TEXT = "PROBLEM: The change stream cannot be resumed.";

export interface MongoLocation {
  /** Hosts and ports: what a person knows the cluster by. */
  readonly address: string;
  readonly database: string;
  readonly collection: string | null;
}

/** What a server's error says of the place at which a stream was opened or read. */
export type PlaceFault =
  /** The log does not hold it any more. */
  | "lost"
  /** Nothing resumes from it, whatever the reason. */
  | "unresumable"
  /** Nothing: it may be tried again. */
  | null;

/** ChangeStreamHistoryLost; DocumentDB: CappedPositionLost. */
const LOST_CODES = new Set([286, 136]);
/** ChangeStreamFatalError, ShardRemovedError, InvalidResumeToken, a bad key string, BSONObjectTooLarge. */
const UNRESUMABLE_CODES = new Set([280, 464, 260, 50_811, 10_334]);
/** FailedToParse: DocumentDB's other word for a position that its log has no more. */
const FAILED_TO_PARSE = 9;

export function placeFaultOf(error: unknown): PlaceFault {
  const code = serverCodeOf(error);
  if (code === null || isStreamOff(error)) return null;
  if (LOST_CODES.has(code) || (code === FAILED_TO_PARSE && /resume token/i.test(wordsOf(error)))) return "lost";
  return UNRESUMABLE_CODES.has(code) ? "unresumable" : null;
}

/** Whether a server that was asked for `startAfter` does not take it, and nothing else is wrong. */
export function isOpeningRefused(error: unknown): boolean {
  const code = serverCodeOf(error);
  if (code === null || hasLabel(error, "ResumableChangeStreamError") || isStreamOff(error)) return false;
  return ![...LOST_CODES, UNAUTHORIZED, LOGIN_REFUSED, NO_REPLICA_SET].includes(code);
}

const LOGIN_REFUSED = 18;
const UNAUTHORIZED = 13;
const NO_REPLICA_SET = 40_573;

export function mongoProblem(error: unknown, location: MongoLocation): SourceProblem {
  const words = wordsOf(error);
  const cluster = `MongoDB at ${location.address}`;
  const code = serverCodeOf(error);
  if (code === LOGIN_REFUSED)
    return {
      code: "denied",
      text: LOGIN_TEXT,
      detail: `${cluster} refuses the user or password of the secret (BASIC_AUTH)`,
      disablingReason: "EVENT_SOURCE_AUTHN_ERROR",
    };
  if (code === UNAUTHORIZED)
    return {
      code: "denied",
      text: RIGHTS_TEXT,
      detail: `the user may not read the change stream of ${nameOf(location)} at ${cluster}: ${words}`,
      disablingReason: "EVENT_SOURCE_AUTHZ_ERROR",
    };
  if (code === NO_REPLICA_SET) return noReplicaSetProblem(location);
  if (isStreamOff(error))
    return {
      code: "wrongType",
      text: CONNECTION_TEXT,
      detail: `change streams are not enabled for ${nameOf(location)} at ${cluster} (modifyChangeStreams)`,
      disablingReason: "ESM_CONFIG_NOT_VALID",
    };
  if (error instanceof Error && /^MongoParseError$|^MongoInvalidArgumentError$/.test(error.name))
    return {
      code: "broken",
      text: CONNECTION_TEXT,
      detail: `the url of ${cluster} cannot be used: ${words}`,
      disablingReason: "ESM_CONFIG_NOT_VALID",
    };
  if (/certificate|self.signed|altnames|CERT_/i.test(words))
    return {
      code: "broken",
      text: CERTIFICATE_TEXT,
      detail: `${cluster} shows a certificate that is not trusted: ${words}`,
    };
  if (error instanceof Error && error.name === "BSONError")
    return {
      code: "broken",
      text: CONNECTION_TEXT,
      detail: `a change of ${nameOf(location)} at ${cluster} cannot be read, and holds up what follows it: ${words}`,
    };
  if (code !== null)
    return { code: "broken", text: CONNECTION_TEXT, detail: `${cluster} answers with error ${code}: ${words}` };
  return { code: "unreachable", text: CONNECTION_TEXT, detail: `${cluster} cannot be reached: ${words}` };
}

/** without a replica set there is no log, and so no stream. */
export function noReplicaSetProblem({ address }: MongoLocation): SourceProblem {
  return {
    code: "wrongType",
    text: CONNECTION_TEXT,
    detail: `MongoDB at ${address} is no replica set, so it has no change streams: start it with --replSet and initiate that`,
    disablingReason: "ESM_CONFIG_NOT_VALID",
  };
}

/** */
export function noOplogProblem({ address }: MongoLocation, words: string): SourceProblem {
  return {
    code: "denied",
    text: RIGHTS_TEXT,
    detail:
      `TRIM_HORIZON begins at the oldest entry of the log, and that cannot be read at MongoDB at ${address} (${words}): ` +
      "let the user read local.oplog.rs, or make the mapping with AT_TIMESTAMP or LATEST",
    disablingReason: "EVENT_SOURCE_AUTHZ_ERROR",
  };
}

/** `when`: when that place was. */
export function lostProblem(error: unknown, location: MongoLocation, when: string): SourceProblem {
  return {
    code: "broken",
    text: LOST_TEXT,
    detail:
      `the log of MongoDB at ${location.address} has no more what follows the place of ${nameOf(location)} (${when}): ${wordsOf(error)}. ` +
      "Nothing is skipped in silence: delete the mapping and make it anew with a starting position, or `millrace reset` it",
    disablingReason: "CHANGE_STREAM_POSITION_LOST",
    isFinal: true,
  };
}

/** `isLast`: it is not tried again. */
export function unresumableProblem(error: unknown, location: MongoLocation, isLast: boolean): SourceProblem {
  return {
    code: "broken",
    text: RESUME_TEXT,
    detail: `the change stream of ${nameOf(location)} at MongoDB at ${location.address} cannot be resumed: ${wordsOf(error)}`,
    ...(isLast ? { disablingReason: "CHANGE_STREAM_NOT_RESUMABLE", isFinal: true } : {}),
  };
}

/** The secret itself is at fault (M-605). `what` never holds its text. */
export function secretProblem(what: string): SourceProblem {
  return { code: "denied", text: LOGIN_TEXT, detail: what, disablingReason: "EVENT_SOURCE_AUTHN_ERROR" };
}

const nameOf = ({ database, collection }: MongoLocation): string =>
  collection === null ? `database ${database}` : `collection ${database}.${collection}`;

/** DocumentDB: told by its words, as its code has another meaning besides. */
const isStreamOff = (error: unknown): boolean => /modifyChangeStreams/.test(wordsOf(error));

function serverCodeOf(error: unknown): number | null {
  return error instanceof Error && "code" in error && typeof error.code === "number" ? error.code : null;
}

function hasLabel(error: unknown, label: string): boolean {
  return (
    error instanceof Error &&
    "hasErrorLabel" in error &&
    typeof error.hasErrorLabel === "function" &&
    error.hasErrorLabel(label) === true
  );
}

/** Without a full stop: sentences go on with them. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === "" ? error.name : error.message.replace(/\.$/, "");
}
