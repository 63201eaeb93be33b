// The settings of one function: what it runs, here or behind a `url`, and how it may be called.

import { z } from "zod";
import { VARIABLE_NAME } from "../ports/functions.ts";
import { about, form, text, whole } from "./schema-parts.ts";

const variableName = text(
  new RegExp(`^${VARIABLE_NAME}$`),
  "a letter, then letters, digits and _, at least two characters",
  "Name of a variable",
);

export const functionSchema = z.strictObject({
  Handler: z
    .string()
    .min(1)
    .meta(
      about(
        "File and export, from the configuration file's folder; this or `url`",
        form("dir/file.export, without the extension"),
      ),
    )
    .optional(),
  url: text(
    /^https?:\/\/[^\s/]\S*$/,
    "http://HOST:PORT or https://HOST:PORT, with a path or without",
    "Where the function runs instead: a server that speaks Lambda's Invoke path",
  ).optional(),
  name: z
    .string()
    .min(1)
    .max(256)
    .meta(
      about(
        "With url: what that server calls the function; absent: its name here. The runtime interface emulator says `function`",
        form("a name"),
      ),
    )
    .optional(),
  Timeout: whole(1, 900, "seconds", "How long one invocation may take").default(3),
  MemorySize: whole(128, 10_240, "MB", "Heap of the function's thread").default(128),
  Environment: z
    .strictObject({
      Variables: z
        .record(variableName, z.string().meta(about("Value of a variable", form("text"))))
        .default({})
        .meta(about("Variables by name", form("texts by name"))),
    })
    .meta(
      about(
        "What the handler finds in process.env, beside AWS's own, whose names are reserved",
        form("an object with Variables"),
      ),
    )
    .optional(),
  Runtime: text(
    /^nodejs\d{2}\.x$/,
    "nodejs and a version, as nodejs24.x",
    "What the handler expects: callback style works up to nodejs22.x, as on AWS; the Node that runs is yours",
  ).default("nodejs24.x"),
  Role: text(
    /^arn:aws[\w-]*:iam::\d{12}:role\/.+$/,
    "the ARN of a role",
    "What events show as invokeIdentityArn; absent: a role named as the function. Rights are not checked",
  ).optional(),
  ReservedConcurrentExecutions: whole(
    0,
    1_000,
    "invocations",
    "Most invocations at once, beyond which calls are throttled; 0 throttles all; absent: none reserved",
  ).optional(),
  bundle: z
    .boolean()
    .meta(about("Whether esbuild bundles the file; false: Node loads it as it is", form("true or false")))
    .default(true),
});
