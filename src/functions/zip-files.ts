// Reads zips that clients sent: checks one whole, and writes its files. What is in them is bounded here, and nothing in them can
// name a place outside the folder they are written to.
//
// Z1 At most MOST_ENTRIES entries and MOST_UNZIPPED_BYTES of content, by what is really in it, whatever its headers claim.
// Z2 No links, no encryption, no absolute names, none with `..` or a backslash, no name twice.
// Z3 Each file's content has the length and the CRC-32 that the zip says.

import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { crc32 } from "node:zlib";
import { type Entry, fromBufferPromise } from "yauzl";
import { MillraceError } from "../errors.ts";

/** As on AWS, layers included. */
export const MOST_UNZIPPED_BYTES = 262_144_000;
const MOST_ENTRIES = 100_000;
const FILE_TYPE = 0o170_000;
const SYMBOLIC_LINK = 0o120_000;
const EXECUTABLE = 0o111;

export interface ZipFileEntry {
  /** With `/` between its parts. */
  readonly name: string;
  readonly sizeBytes: number;
}

/** Answers what it holds; rejects with `bad-argument` and AWS's text where it cannot be used. */
export async function checkZip(bytes: Uint8Array): Promise<readonly ZipFileEntry[]> {
  const files: ZipFileEntry[] = [];
  await eachFile(bytes, async (entry, content) => {
    files.push({ name: entry.fileName, sizeBytes: entry.uncompressedSize });
    await content(new Writable({ write: (_chunk, _encoding, done) => done() }));
  });
  if (files.length === 0) throw emptyZip();
  return files;
}

/**
 * Writes the files that `isWanted` names under `folder`, those that the zip marks as programs executable. `isOver`: a file that is
 * there is replaced. Answers what was written; rejects as `checkZip`, and where the folder cannot be written.
 */
export async function unpackZip(
  bytes: Uint8Array,
  folder: string,
  how: { readonly isWanted: (name: string) => boolean; readonly isOver: boolean },
): Promise<{ readonly fileCount: number; readonly sizeBytes: number }> {
  let fileCount = 0;
  let sizeBytes = 0;
  await eachFile(bytes, async (entry, content) => {
    if (!how.isWanted(entry.fileName)) return;
    const path = join(folder, ...entry.fileName.split("/"));
    const mode = (modeOf(entry) & EXECUTABLE) === 0 ? 0o644 : 0o755;
    try {
      await mkdir(dirname(path), { recursive: true });
      await content(createWriteStream(path, { flags: how.isOver ? "w" : "wx", mode }));
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : "";
      if (code === "EEXIST" || code === "ENOTDIR" || code === "EISDIR") {
        throw unusable(`the entry ${entry.fileName} is there twice, or as a file and as a folder`);
      }
      throw error;
    }
    fileCount += 1;
    sizeBytes += entry.uncompressedSize;
  });
  return { fileCount, sizeBytes };
}

type Content = (into: Writable) => Promise<void>;

async function eachFile(bytes: Uint8Array, work: (entry: Entry, content: Content) => Promise<void>): Promise<void> {
  const zip = await opened(bytes);
  if (zip.entryCount > MOST_ENTRIES) throw unusable(`it has more than ${MOST_ENTRIES} entries`);
  let sumBytes = 0;
  const names = new Set<string>();
  try {
    for await (const entry of zip.eachEntry()) {
      checkEntry(entry, names);
      if (entry.fileName.endsWith("/")) continue;
      sumBytes += entry.uncompressedSize;
      if (sumBytes > MOST_UNZIPPED_BYTES) throw tooLarge();
      await work(entry, async (into) => {
        let sum = 0;
        const source = await zip.openReadStreamPromise(entry);
        await pipeline(
          source,
          async function* (chunks: AsyncIterable<Uint8Array>) {
            for await (const chunk of chunks) {
              sum = crc32(chunk, sum);
              yield chunk;
            }
          },
          into,
        );
        if (sum !== entry.crc32) throw unusable(`the content of ${entry.fileName} is damaged (CRC-32)`);
      });
    }
  } catch (error) {
    throw error instanceof MillraceError || isOfTheSystem(error) ? error : unusable(textOf(error));
  }
}

async function opened(bytes: Uint8Array): ReturnType<typeof fromBufferPromise> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return await fromBufferPromise(buffer, { lazyEntries: true, validateEntrySizes: true, strictFileNames: true });
  } catch (error) {
    throw unusable(textOf(error));
  }
}

function checkEntry(entry: Entry, names: Set<string>): void {
  const { fileName } = entry;
  if (fileName.includes("\0")) throw unusable("an entry's name has a NUL");
  if (fileName.split("/").some((part) => part === "." || part === ".."))
    throw unusable(`the name ${fileName} is no path`);
  if ((modeOf(entry) & FILE_TYPE) === SYMBOLIC_LINK)
    throw unusable(`${fileName} is a symbolic link: send the file itself`);
  if (entry.isEncrypted()) throw unusable(`${fileName} is encrypted`);
  if (names.has(fileName)) throw unusable(`the entry ${fileName} is there twice`);
  names.add(fileName);
}

/** Mode and type of a Unix file, in the upper half; 0 where the zip was made elsewhere. */
const modeOf = (entry: Entry): number => entry.externalFileAttributes >>> 16;

/** What an entry breaks has no `code`; what the disk says has. Of Node's own, zlib's codes are about the zip. */
function isOfTheSystem(error: unknown): boolean {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  return code !== "" && !code.startsWith("Z_") && !code.startsWith("ERR_");
}

export function emptyZip(): MillraceError {
  return new MillraceError("bad-argument", "Uploaded file must be a non-empty zip");
}

function tooLarge(): MillraceError {
  return new MillraceError("bad-argument", `Unzipped size must be smaller than ${MOST_UNZIPPED_BYTES} bytes`);
}

function unusable(detail: string): MillraceError {
  const text = "Could not unzip uploaded file. Please check your file, then try to upload again.";
  return new MillraceError("bad-argument", `${text} (Millrace: ${detail})`);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
