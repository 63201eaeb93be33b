// kill -9 in the middle of each call of a function's life: the next start finds the function as it was before the call or as it is
// after it, whole, and it runs.

import {
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  type LambdaClient,
  PublishLayerVersionCommand,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { expect, test } from "vitest";
import { type Running, startCommand } from "../cli/run-command.ts";
import { lambdaAt } from "./support/aws-clients.ts";
import { aFolder, configIn } from "./support/live-server.ts";
import { answering, ask, creation, zipped } from "./support/made-functions.ts";

async function started(folder: string): Promise<{ readonly lambda: LambdaClient; readonly running: Running }> {
  const running = startCommand(folder, ["start", "--port", "0", "--state", "state", "--json"]);
  const { url } = JSON.parse(await running.line(/"kind":"ready"/)) as { readonly url: string };
  return { lambda: lambdaAt(url), running };
}

/** Enough files that unpacking takes a while. */
const code = (mark: string): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`lib/f${index}.js`, `exports.index = ${index};`])),
  "index.js": answering(`["${mark}", require("./lib/f299.js").index, process.env.MARK ?? null]`),
});

const named = { FunctionName: "made" };

interface Step {
  readonly what: string;
  send(lambda: LambdaClient): Promise<unknown>;
  /** What the function may answer after the call was cut short: as before, or as after. Null: it is not there. */
  readonly may: readonly unknown[];
}

const steps: readonly Step[] = [
  {
    what: "CreateFunction",
    send: (lambda) => lambda.send(new CreateFunctionCommand(creation(code("one")))),
    may: [null, ["one", 299, null]],
  },
  {
    what: "PublishVersion",
    send: (lambda) => lambda.send(new PublishVersionCommand(named)),
    may: [["one", 299, null]],
  },
  {
    what: "CreateAlias",
    send: (lambda) => lambda.send(new CreateAliasCommand({ ...named, Name: "live", FunctionVersion: "1" })),
    may: [["one", 299, null]],
  },
  {
    what: "UpdateFunctionCode",
    send: (lambda) => lambda.send(new UpdateFunctionCodeCommand({ ...named, ZipFile: zipped(code("two")) })),
    may: [
      ["one", 299, null],
      ["two", 299, null],
    ],
  },
  {
    what: "UpdateFunctionConfiguration",
    send: (lambda) =>
      lambda.send(new UpdateFunctionConfigurationCommand({ ...named, Environment: { Variables: { MARK: "set" } } })),
    may: [
      ["two", 299, null],
      ["two", 299, "set"],
    ],
  },
  {
    what: "PublishLayerVersion",
    send: (lambda) =>
      lambda.send(
        new PublishLayerVersionCommand({
          LayerName: "shared",
          Content: { ZipFile: zipped({ "nodejs/node_modules/dep/index.js": "" }) },
        }),
      ),
    may: [["two", 299, "set"]],
  },
  {
    what: "DeleteFunction",
    send: (lambda) => lambda.send(new DeleteFunctionCommand(named)),
    may: [["two", 299, "set"], null],
  },
];

async function answerOf(lambda: LambdaClient, name = "made"): Promise<unknown> {
  try {
    return (await ask(lambda, name)).value;
  } catch (error) {
    if (error instanceof Error && error.name === "ResourceNotFoundException") return null;
    throw error;
  }
}

test("killed within each call of a function's life, what is found is what AWS could show", async () => {
  const folder = aFolder();
  configIn(folder, {});
  let now = await started(folder);
  for (const [index, step] of steps.entries()) {
    // The call is on its way, and cut at another moment in each step.
    const cut = step.send(now.lambda).catch(() => undefined);
    await new Promise((resolve) => void setTimeout(resolve, 3 * index));
    now.running.signal("SIGKILL");
    await Promise.all([now.running.ended, cut]);
    now = await started(folder);
    const found = await answerOf(now.lambda);
    expect([step.what, step.may]).toEqual([step.what, expect.arrayContaining([found])]);
    // A call that had its effect is refused, or has it again.
    await step.send(now.lambda).catch(() => undefined);
    expect([step.what, await answerOf(now.lambda)]).toEqual([step.what, step.may.at(-1)]);
    const isAliased = index >= 2 && index < steps.length - 1;
    expect(await answerOf(now.lambda, "made:live")).toEqual(isAliased ? ["one", 299, null] : null);
  }
  now.running.signal("SIGTERM");
  expect((await now.running.ended).code).toBe(0);
});
