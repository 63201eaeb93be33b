// What is told of a configuration beside its ill-formed parts.

import { describe, expect, test } from "vitest";
import { folderWith, refusal } from "./folder.ts";

const MAPPING = "EventSourceArn: kinesis:orders, FunctionName: f, StartingPosition: LATEST";

describe("what is ill formed hides nothing else that can be judged", () => {
  const errorsOf = async (text: string): Promise<readonly string[]> =>
    (await refusal(folderWith({ "millrace.config.yaml": text })))
      .split("\n")
      .flatMap((line) => /^error\[[\w-]+\]: (.*)/.exec(line)?.[1] ?? []);

  test("forms, names that are not there, secrets and Redis are told together, in the order of the file", async () => {
    expect(
      await errorsOf(`port: 70000
secrets: { db: { env: NOT_SET } }
brokers: { redis: { url: "redis://\${NOWHERE}" } }
functions:
  f: { Handler: a.b, Timeout: 0 }
  g: { Handler: a.b, url: http://localhost }
mappings:
  - { ${MAPPING}, BatchSize: 0 }
  - { EventSourceArn: kinesis:o, FunctionName: h }
topics: { t: { queues: [none] } }
`),
    ).toEqual([
      "`port` is 70,000, above 65,535",
      "the secret `db`: the variable `NOT_SET` is not set",
      "the variable `NOWHERE` is not set",
      "`Timeout` is 0, below 1",
      "a function has `Handler` or `url`, not both",
      "`BatchSize` is 0, below 1",
      "a mapping on a stream needs `StartingPosition`",
      "there is no function `h`",
      "there is no queue `none`",
    ]);
  });

  test("what is ill formed is there by its name, and what else may be wrong with it is not guessed", async () => {
    expect(
      await errorsOf(`functions: { f: { Handlr: a.b } }
mappings:
  - { ${MAPPING} }
  - { EventSourceArn: kinesis:orders, FunctionName: none, StartingPositon: LATEST }
`),
    ).toEqual(["`Handlr` is no setting of a function", "`StartingPositon` is no setting of a mapping"]);
  });

  test.each([
    [
      "the functions' own name is misspelt",
      "funtions: { f: { Handler: a.b } }\n",
      "`funtions` is no setting of the configuration",
    ],
    ["a function's name is none", 'functions: { "f!": { Handler: a.b } }\n', "`f!` cannot be a name in functions"],
    ["functions are no object", "functions: 5\n", "`functions` is the number 5, and has to be objects by name"],
    [
      "a list has a name that is none",
      "functions: { f: { Handler: a.b } }\ntopics: { t: { queues: [q] } }\nqueues: [q, q!]\n",
      "`queues[1]` is `q!`, and has to be a name, or an object with name",
    ],
  ])("where %s no name is called missing", async (_what, text, error) => {
    expect(await errorsOf(`${text}mappings: [{ ${MAPPING} }]\n`)).toEqual([error]);
  });

  test("a module's values that cannot be cloned", async () => {
    const cwd = folderWith({
      "millrace.config.ts":
        "export default { functions: { f: { Handler: () => 1 } }, secrets: { s: { env: 'NOT_SET' } } };\n",
    });
    const told = await refusal(cwd);
    expect(told).toContain("`Handler` is ");
    expect(told).toContain("the variable `NOT_SET` is not set");
  });
});
