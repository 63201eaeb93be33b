// Takes what the user's code writes (console and the two streams) and hands it on at once, so that nothing is lost when the
// thread dies. Both streams' `write` is replaced: Node's console writes through them, so one place sees all.
//
// O1 A text leaves when its line ends; what has no end yet leaves when the invocation ends.
// O2 Of one invocation the first FIRST_LENGTH pass. Of what follows only the last LAST_LENGTH are kept: they leave when the invocation
//    ends and, as one that is ended by force says nothing more, at most once in TELL_EVERY_MS before. Where something is left out, that
//    is said, and how much.

/** Text of one invocation that passes as it comes, in UTF-16 units. */
const FIRST_LENGTH = 1_048_576;
/** At least this much of its end: more than the tail that Invoke shows. */
const LAST_LENGTH = 16_384;
const TELL_EVERY_MS = 1_000;
/** Longest single piece, as in CloudWatch. */
const MAX_PIECE_LENGTH = 262_144;

export type StreamName = "stdout" | "stderr";

/** One or several lines, without the last line's end. */
export interface Piece<Level> {
  readonly stream: StreamName;
  readonly text: string;
  readonly level: Level;
}

export interface CaptureOptions<Level> {
  readonly streams: Record<StreamName, NodeJS.WriteStream>;
  /** What is kept beside a piece of the moment at which it was written. */
  readonly levelNow: () => Level;
  readonly emit: (piece: Piece<Level | null>) => void;
  readonly monotonicMs: () => number;
}

export interface OutputCapture {
  /** A new invocation: a new allowance. What was written since the last one leaves. */
  begin(): void;
  /** Hands on unfinished lines, and what is kept. */
  flush(): void;
}

type WriteCallback = (error?: Error | null) => void;

export function captureOutput<Level>(options: CaptureOptions<Level>): OutputCapture {
  const { streams, emit } = options;
  const unfinished: Record<StreamName, string> = { stdout: "", stderr: "" };
  let leftLength = FIRST_LENGTH;
  let isFull = false;
  /** The end of what did not pass. */
  let last: Piece<Level>[] = [];
  let lastLength = 0;
  let omittedLength = 0;
  let toldAtMs = 0;

  function pass(stream: StreamName, text: string): void {
    let rest = text;
    for (;;) {
      const end = pieceEnd(rest);
      passPiece({ stream, text: rest.slice(0, end), level: options.levelNow() });
      rest = rest.slice(end);
      if (rest === "") return;
    }
  }

  function passPiece(piece: Piece<Level>): void {
    if (!isFull && lengthOf(piece) <= leftLength) {
      leftLength -= lengthOf(piece);
      return emit(piece);
    }
    if (!isFull) toldAtMs = options.monotonicMs();
    isFull = true;
    keep(piece);
    if (options.monotonicMs() - toldAtMs >= TELL_EVERY_MS) tellLast();
  }

  function keep(piece: Piece<Level>): void {
    last.push(piece);
    lastLength += lengthOf(piece);
    // Half of it goes at once, so that not each piece moves all the others.
    if (lastLength <= 2 * LAST_LENGTH) return;
    const from = last.findIndex((each) => {
      if (lastLength - lengthOf(each) < LAST_LENGTH) return true;
      lastLength -= lengthOf(each);
      omittedLength += lengthOf(each);
      return false;
    });
    last = last.slice(from);
  }

  function tellLast(): void {
    if (omittedLength > 0) {
      const text = `… (${omittedLength} characters of this invocation's output are left out here)`;
      emit({ stream: last[0]?.stream ?? "stdout", text, level: null });
    }
    for (const piece of last) emit(piece);
    last = [];
    lastLength = 0;
    omittedLength = 0;
    toldAtMs = options.monotonicMs();
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
      tellLast();
      leftLength = FIRST_LENGTH;
      isFull = false;
    },
    flush() {
      flushOne("stdout");
      flushOne("stderr");
      tellLast();
    },
  };
}

/** With the end of its line. */
const lengthOf = ({ text }: { readonly text: string }): number => text.length + 1;

/** Where the first piece of the text ends, which parts no character. */
function pieceEnd(text: string): number {
  if (text.length <= MAX_PIECE_LENGTH) return text.length;
  const isInside = /[\uDC00-\uDFFF]/.test(text.charAt(MAX_PIECE_LENGTH));
  return isInside ? MAX_PIECE_LENGTH - 1 : MAX_PIECE_LENGTH;
}
