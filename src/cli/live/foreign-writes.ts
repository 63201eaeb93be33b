// What others write to the terminal while a block is drawn there (a thread's own output, a warning of Node's): as whole lines, for
// whoever draws. Without it such a line would be written into the picture.

interface Writable {
  write: NodeJS.WriteStream["write"];
}

export interface ForeignWrites {
  /** The stream's own way of writing. */
  write(text: string): void;
  /** Gives the stream back, with what has no end of line yet. */
  release(): void;
}

/** From now on text written to `stream` comes to `onLines`, until released. */
export function captureWrites(stream: Writable, onLines: (lines: readonly string[]) => void): ForeignWrites {
  const own = stream.write.bind(stream);
  const before = Object.getOwnPropertyDescriptor(stream, "write");
  const decoder = new TextDecoder();
  let begun = "";
  const take = (text: string): void => {
    const lines = (begun + text).split(/\r?\n/);
    begun = lines.pop() ?? "";
    if (lines.length > 0) onLines(lines);
  };
  const replaced = (
    chunk: string | Uint8Array,
    encodingOrDone?: BufferEncoding | ((error?: Error | null) => void),
    done?: (error?: Error | null) => void,
  ): boolean => {
    take(typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true }));
    const called = typeof encodingOrDone === "function" ? encodingOrDone : done;
    if (called !== undefined) queueMicrotask(() => called(null));
    return true;
  };
  stream.write = replaced;
  return {
    write: (text) => void own(text),
    release() {
      if (before === undefined) Reflect.deleteProperty(stream, "write");
      else Object.defineProperty(stream, "write", before);
      if (begun !== "") onLines([begun]);
      begun = "";
    },
  };
}
