// The settings of a table in a configuration file.

import { z } from "zod";
import { about, form, text } from "./schema-parts.ts";

export const tableName = text(/^[a-zA-Z0-9_.-]{3,255}$/, "letters, digits, _ . and -, 3 to 255", "Name of a table");

const keyName = z
  .string()
  .min(1)
  .max(255)
  .meta(about("Name of the attribute, a string", form("a name")));
const keySchema = (description: string) =>
  z
    .union([
      keyName,
      z.strictObject({
        name: keyName,
        type: z.enum(["S", "N", "B"]).meta(about("Its type", form("S, N or B"))),
      }),
    ])
    .meta(about(description, form("the name of a string attribute, or { name: NAME, type: S, N or B }")));
export const tableSchema = z.strictObject({
  key: keySchema("Partition key of the table when it is made"),
  sortKey: keySchema("Sort key of the table when it is made; absent: it has none").optional(),
  stream: z
    .enum(["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"])
    .meta(
      about(
        "What the table's stream shows, which is switched on where there is none; absent: nothing is switched on",
        form("KEYS_ONLY, NEW_IMAGE, OLD_IMAGE or NEW_AND_OLD_IMAGES"),
      ),
    )
    .optional(),
});
