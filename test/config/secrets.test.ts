// Secrets and sources of the configuration: where a value comes from, and that no error shows it.

import { describe, expect, test } from "vitest";
import { folderWith, load, refusal } from "./folder.ts";

const SECRET = "hunter2-hunter2";

async function secretsOf(files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) {
  const { secrets } = await load(folderWith(files), { env });
  return Object.fromEntries(secrets.map(({ id, text }) => [id, text]));
}

describe("where a secret's value comes from", () => {
  test("a text, an object as JSON, a variable, or a file without its last line break", async () => {
    const files = {
      "millrace.config.yaml": `secrets:
  plain: ${SECRET}
  kafka/login: { username: u, password: p }
  from-env: { env: DB_PASSWORD }
  from-file: { file: keys/db.txt }
  arn:aws:secretsmanager:us-east-1:000000000000:secret:x-AbCdEf: y
  # Two members, or a value that is no text: no origin, but the secret itself.
  both: { env: a, file: b }
  odd: { env: { a: 1 } }
`,
      "keys/db.txt": "from a file\n\n",
    };
    expect(await secretsOf(files, { DB_PASSWORD: "from a variable" })).toEqual({
      plain: SECRET,
      "kafka/login": '{"username":"u","password":"p"}',
      "from-env": "from a variable",
      "from-file": "from a file\n",
      "arn:aws:secretsmanager:us-east-1:000000000000:secret:x-AbCdEf": "y",
      both: '{"env":"a","file":"b"}',
      odd: '{"env":{"a":1}}',
    });
  });

  test("a variable or file that is not there is told, with its place", async () => {
    const cwd = folderWith({
      "millrace.config.yaml": "secrets:\n  a: { env: NOT_SET }\n  b: { file: none.txt }\n",
    });
    expect(await refusal(cwd)).toBe(`error[config-invalid]: the secret \`a\`: the variable \`NOT_SET\` is not set
  --> millrace.config.yaml:2:3
 2 |   a: { env: NOT_SET }
   |   ^
help: NOT_SET=…
error[config-invalid]: the secret \`b\`: its file \`none.txt\` cannot be read: ENOENT
  --> millrace.config.yaml:3:3
 3 |   b: { file: none.txt }
   |   ^
help: { file: PATH }    (from the configuration file's folder)
`);
  });
});

describe("no error shows a secret", () => {
  test.each([
    [
      "a value of a wrong kind",
      "millrace.config.yaml",
      `secrets:\n  a: [${SECRET}]\n`,
      "the value of the secret `a` has to be text, an object",
    ],
    [
      "a number",
      "millrace.config.yaml",
      "secrets: { a: 5 }\n",
      "the value of the secret `a` has to be text, an object",
    ],
    [
      "a name that cannot be one",
      "millrace.config.yaml",
      `secrets: { "a b": ${SECRET} }\n`,
      "`a b` cannot be a name in secrets",
    ],
    [
      "another flaw of the line",
      "millrace.config.json",
      `{ "secrets": { "a": "${SECRET}" }, "prot": 80 }`,
      "`prot` is no setting",
    ],
    ["`secrets` misspelt", "millrace.config.json", `{ "secret": { "a": "${SECRET}" } }`, "`secret` is no setting"],
    ["`secrets` misspelt, as a text", "millrace.config.yaml", `secrets_: ${SECRET}\n`, "`secrets_` is no setting"],
    ["`secrets` is a text", "millrace.config.yaml", `secrets: ${SECRET}\n`, "`secrets` is text"],
    ["broken JSON", "millrace.config.json", `{ "secrets": { "a": "${SECRET}" ]`, "config-syntax"],
    [
      "a name that is there twice",
      "millrace.config.yaml",
      `secrets: { a: ${SECRET}, a: ${SECRET} }\n`,
      "`a` is there twice",
    ],
    ["a broken alias", "millrace.config.yaml", `secrets:\n  a: *${SECRET}\n`, "config-syntax"],
    [
      "a module",
      "millrace.config.ts",
      `export default { secrets: { a: "${SECRET}" }, prot: 80 };\n`,
      "`prot` is no setting",
    ],
  ])("%s", async (_name, file, text, told) => {
    const shown = await refusal(folderWith({ [file]: text }));
    expect(shown).toContain(told);
    expect(shown).not.toContain("hunter2");
  });
});

describe("sources", () => {
  const arn = "arn:aws:mq:us-east-1:000000000000:broker:orders:b-1234";

  test("an Amazon MQ broker has an engine", async () => {
    const cwd = folderWith({ "millrace.config.yaml": `sources:\n  ${arn}: { engine: RABBITMQ }\n` });
    expect((await load(cwd)).sources).toMatchObject([{ arn, engine: "rabbitMq", url: null, consumerCount: 1 }]);
  });

  test("what has no effect is refused in one sentence", async () => {
    const kafka = folderWith({
      "millrace.config.yaml": "sources:\n  arn:aws:sqs:us-east-1:000000000000:orders: { address: localhost:9092 }\n",
    });
    expect(await refusal(kafka)).toContain(
      "as mappings name their servers; of other sources there is nothing to say\n",
    );
    const address = folderWith({
      "millrace.config.yaml": `sources:\n  ${arn}: { engine: RABBITMQ, address: amqp://x }\n`,
    });
    expect(await refusal(address)).toContain("error[config-unknown-key]: `address` is no setting of a source\n");
  });
});
