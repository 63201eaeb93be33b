// Which reader a file is for, by the ending of its name.

import { extname } from "node:path";
import type { ConfigDocument } from "./config-document.ts";
import { readJsonDocument } from "./json-document.ts";
import { readModuleDocument } from "./module-document.ts";
import { readYamlDocument } from "./yaml-document.ts";

/** Those that there is a reader for, as people are told them. */
export const READ_ENDINGS = ".ts, .js, .mjs, .json, .yaml, .yml";

/** `text`: what the file holds; a module is run from its file. Null: there is no reader for such a file. */
export async function documentByEnding(shownFile: string, file: string, text: string): Promise<ConfigDocument | null> {
  switch (extname(file)) {
    case ".json":
      return readJsonDocument(shownFile, text);
    case ".yaml":
    case ".yml":
      return readYamlDocument(shownFile, text);
    case ".ts":
    case ".mts":
    case ".js":
    case ".mjs":
      return readModuleDocument(shownFile, file, text);
    default:
      return null;
  }
}
