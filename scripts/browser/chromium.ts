// The browser in which the tests look at the pages: an address from the environment, one on the PATH, or Debian's package.

import { MillraceError } from "../../src/errors.ts";
import { findBinary, surroundingsOfMachine } from "../brokers/surroundings.ts";

const VARIABLE = "MILLRACE_TEST_CHROMIUM";
const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Absolute path of a Chromium. Throws `broker-missing`, with the ways to mend it, where none can be had. */
export async function chromiumFile(tell: (line: string) => void): Promise<string> {
  const found = foundFile();
  if (found !== null) return found;
  const result = await surroundingsOfMachine(tell).install(["chromium"]);
  const installed = foundFile();
  if (installed !== null) return installed;
  const why = result.kind === "refused" ? result.why : "its package brought no such program";
  throw new MillraceError("broker-missing", `the tests of the pages need Chromium: none on the PATH; ${why}`, {
    help: `any one of these:\n  export ${VARIABLE}=/path/to/chromium   # one that is there already\n  sudo apt-get install chromium`,
  });
}

function foundFile(): string | null {
  const given = process.env[VARIABLE] ?? "";
  if (given !== "") return given;
  for (const name of NAMES) {
    const path = findBinary(name);
    if (path !== null) return path;
  }
  return null;
}
