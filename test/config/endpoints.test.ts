// Functions that run elsewhere, in the configuration: one of Handler and url, and nothing without effect.

import { expect, test } from "vitest";
import { folderWith, load, refusal } from "./folder.ts";

const yaml = (text: string): string => folderWith({ "millrace.config.yaml": text });

test("a url is where the function runs, by its own name or another", async () => {
  const cwd = yaml(
    "functions: { f: { url: http://127.0.0.1:9000 }, g: { url: https://host/base, name: function, Timeout: 30 } }\n",
  );
  const [f, g] = (await load(cwd)).functions;
  expect(f?.endpoint).toEqual({ url: "http://127.0.0.1:9000", functionName: "f" });
  expect(g?.endpoint).toEqual({ url: "https://host/base", functionName: "function" });
  expect(g?.settings.timeoutMs).toBe(30_000);
});

test("one of Handler and url is needed, and not both", async () => {
  expect(await refusal(yaml("functions: { f: { Timeout: 3 } }\n"))).toBe(
    `error[config-invalid]: \`Handler\`, or \`url\`, is missing in functions.f
  --> millrace.config.yaml:1:14
 1 | functions: { f: { Timeout: 3 } }
   |              ^ needs Handler or url
help: Handler: dir/file.export
`,
  );
  expect(await refusal(yaml("functions: { f: { Handler: a.b, url: http://127.0.0.1:1 } }\n"))).toContain(
    "a function has `Handler` or `url`, not both",
  );
});

test("what only a thread of ours could carry out is refused beside a url, its default too; and a name without one", async () => {
  const members = "MemorySize: 128, Runtime: nodejs24.x, bundle: true, Environment: { Variables: {} }";
  const told = await refusal(yaml(`functions: { f: { url: http://127.0.0.1:1, ${members} } }\n`));
  expect(told.match(/`\w+` is for functions with `Handler`/g)).toEqual(
    ["MemorySize", "Runtime", "bundle", "Environment"].map((name) => `\`${name}\` is for functions with \`Handler\``),
  );
  expect(await refusal(yaml("functions: { f: { Handler: a.b, name: g } }\n"))).toContain(
    "`name` is for functions with `url`",
  );
});

test("a url that is none is told with what may stand there", async () => {
  for (const url of ["127.0.0.1:9000", "ftp://host", "http://", '"http://a b"']) {
    expect(await refusal(yaml(`functions: { f: { url: ${url} } }\n`))).toContain("http://HOST:PORT");
  }
});
