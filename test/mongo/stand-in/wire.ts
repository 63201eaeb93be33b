// Messages on the wire: OP_MSG both ways, and the OP_QUERY that a driver opens a connection with, answered by OP_REPLY. A frame is
// length, request id, answered id and opcode, four little-endian int32 each, then the body.

import { type Doc, readDoc, writeDoc } from "./bson.ts";

const headBytes = 16;
const opReply = 1;
const opQuery = 2004;
const opMsg = 2013;
const hasChecksum = 1;
const moreToCome = 2;
const longestFrameBytes = 48_000_000;

export interface Request {
  readonly id: number;
  /** With its document sequences as members, and `$db`. */
  readonly command: Doc;
  /** The client listens for no answer. */
  readonly isUnanswered: boolean;
  readonly isLegacy: boolean;
}

/** Takes bytes as they come and hands out whole requests. Throws at what is no message of MongoDB. */
export function createRequestReader(): (chunk: Buffer) => readonly Request[] {
  let rest: readonly Buffer[] = [];
  let restBytes = 0;
  return (chunk) => {
    rest = [...rest, chunk];
    restBytes += chunk.length;
    const requests: Request[] = [];
    for (;;) {
      const first = rest[0];
      if (restBytes < headBytes || first === undefined) return requests;
      const head = first.length >= 4 ? first : Buffer.concat(rest);
      const length = head.readInt32LE(0);
      if (length < headBytes || length > longestFrameBytes) throw new Error(`no message of MongoDB: ${length} bytes`);
      if (restBytes < length) return requests;
      const bytes = Buffer.concat(rest);
      requests.push(requestFrom(bytes.subarray(0, length)));
      restBytes -= length;
      rest = restBytes === 0 ? [] : [bytes.subarray(length)];
    }
  };
}

function requestFrom(frame: Buffer): Request {
  const id = frame.readInt32LE(4);
  const opcode = frame.readInt32LE(12);
  if (opcode === opMsg) return messageFrom(id, frame);
  if (opcode !== opQuery) throw new Error(`opcode ${opcode}`);
  const nameEnd = frame.indexOf(0, headBytes + 4);
  const database = frame.toString("utf8", headBytes + 4, nameEnd).split(".")[0] ?? "";
  // Behind the name: how many to skip, how many to return.
  const command = readDoc(documentAt(frame, nameEnd + 1 + 8));
  return { id, command: { ...command, $db: database }, isUnanswered: false, isLegacy: true };
}

function messageFrom(id: number, frame: Buffer): Request {
  const flags = frame.readUInt32LE(headBytes);
  const end = frame.length - ((flags & hasChecksum) === 0 ? 0 : 4);
  let command: Doc = {};
  let at = headBytes + 4;
  while (at < end) {
    const kind = frame.readUInt8(at);
    at += 1;
    if (kind === 0) {
      const body = documentAt(frame, at);
      command = { ...readDoc(body), ...command };
      at += body.length;
      continue;
    }
    const sectionEnd = at + frame.readInt32LE(at);
    const nameEnd = frame.indexOf(0, at + 4);
    const name = frame.toString("utf8", at + 4, nameEnd);
    const documents: Doc[] = [];
    for (let next = nameEnd + 1; next < sectionEnd; ) {
      const document = documentAt(frame, next);
      documents.push(readDoc(document));
      next += document.length;
    }
    command = { ...command, [name]: documents };
    at = sectionEnd;
  }
  return { id, command, isUnanswered: (flags & moreToCome) !== 0, isLegacy: false };
}

function documentAt(frame: Buffer, at: number): Buffer {
  return frame.subarray(at, at + frame.readInt32LE(at));
}

export function replyFrame(request: Request, reply: Doc): Buffer {
  const document = writeDoc(reply);
  // OP_REPLY: flags, cursor id, starting from, one document. OP_MSG: flags, one section of kind 0.
  const before = Buffer.alloc(request.isLegacy ? 20 : 5);
  if (request.isLegacy) before.writeInt32LE(1, 16);
  const head = Buffer.alloc(headBytes);
  head.writeInt32LE(headBytes + before.length + document.length, 0);
  head.writeInt32LE(request.id, 8);
  head.writeInt32LE(request.isLegacy ? opReply : opMsg, 12);
  return Buffer.concat([head, before, document]);
}

/** The command's name is its first member that came in the body. */
export function commandName(command: Doc): string {
  return Object.keys(command)[0] ?? "";
}
