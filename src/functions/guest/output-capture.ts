// Takes what the user's code writes (console and the two streams) and hands it on at once, so that nothing is lost when the
// thread dies. Both streams' `write` is replaced: Node's console writes through them, so one place sees all.
//
// O1 A text leaves when its line ends; what has no end yet leaves when the invocation ends.
// O2 Per invocation at most MAX_LENGTH pass; that there was more is said once, at the place of the cut.

/** Most text of one invocation, in UTF-16 units. */
const MAX_LENGTH = 1_048_576;
/** Longest single piece, as in CloudWatch. */
const MAX_PIECE_LENGTH = 262_144;

export type StreamName = "stdout" | "stderr";
export type Emit = (stream: StreamName, text: string) => void;

export interface OutputCapture {
  /** A new invocation: a new allowance. */
  begin(): void;
  /** Hands on unfinished lines. */
  flush(): void;
}

type WriteCallback = (error?: Error | null) => void;

export function captureOutput(streams: Record<StreamName, NodeJS.WriteStream>, emit: Emit): OutputCapture {
  const unfinished: Record<StreamName, string> = { stdout: "", stderr: "" };
  let leftLength = MAX_LENGTH;
  let isCut = false;

  function pass(stream: StreamName, text: string): void {
    if (isCut) return;
    if (text.length > leftLength) {
      isCut = true;
      emit(stream, `${text.slice(0, leftLength)}… (output of this invocation is cut at ${MAX_LENGTH} characters)`);
      return;
    }
    leftLength -= text.length;
    emit(stream, text.length > MAX_PIECE_LENGTH ? `${text.slice(0, MAX_PIECE_LENGTH)}…` : text);
  }

  function take(stream: StreamName, text: string): void {
    const all = unfinished[stream] + text;
    const end = all.lastIndexOf("\n");
    unfinished[stream] = all.slice(end + 1);
    if (end >= 0) pass(stream, all.slice(0, end));
    if (unfinished[stream].length > MAX_PIECE_LENGTH) flushOne(stream);
  }

  function flushOne(stream: StreamName): void {
    const text = unfinished[stream];
    unfinished[stream] = "";
    if (text !== "") pass(stream, text);
  }

  for (const name of ["stdout", "stderr"] as const) {
    streams[name].write = (
      chunk: string | Uint8Array,
      encoding?: BufferEncoding | WriteCallback,
      callback?: WriteCallback,
    ): boolean => {
      const done = typeof encoding === "function" ? encoding : callback;
      const from = typeof encoding === "string" ? encoding : undefined;
      take(name, typeof chunk === "string" ? Buffer.from(chunk, from).toString() : Buffer.from(chunk).toString());
      if (done !== undefined) queueMicrotask(() => done(null));
      return true;
    };
  }

  return {
    begin() {
      leftLength = MAX_LENGTH;
      isCut = false;
    },
    flush() {
      flushOne("stdout");
      flushOne("stderr");
    },
  };
}
