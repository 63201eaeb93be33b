// `millrace shards` and `millrace reshard` against a running server, in words and as JSON.

import { expect, test } from "vitest";
import { runCommand } from "../cli/run-command.ts";
import { folderWith } from "../config/folder.ts";
import { aHouse } from "./support/house.ts";

const MOST = (2n ** 128n - 1n).toString();
const HALF = (2n ** 127n).toString();
const BELOW_HALF = (2n ** 127n - 1n).toString();

test("P-8: shards are shown with state, hash keys and parents, and are split, merged and counted by their numbers", async () => {
  const { server } = await aHouse();
  const cwd = folderWith({});
  const run = (...words: readonly string[]) => runCommand(cwd, [...words, "--endpoint", server.url]);

  expect(await run("shards", "orders")).toMatchObject({
    code: 0,
    out: `orders: 1 open shard\n  shardId-000000000000  open  0 to ${MOST}\n`,
  });
  expect(await run("shards", "kinesis:orders")).toMatchObject(await run("shards", "orders"));
  expect((await run("send", "kinesis:orders", "--count", "1")).out).toMatch(/^sent 1 record to orders: /);
  const table = await run("reshard", "dynamodb:orders", "--count", "2");
  expect(table.code).toBe(2);
  expect(table.error).toContain("the stream of the table `orders` has one shard, which is never split");
  expect(await run("reshard", "orders", "--split", "0")).toMatchObject({
    code: 0,
    out: "resharded orders: closed shard 0; opened shard 1, shard 2; 2 open shards\n",
  });
  expect((await run("shards", "orders")).out).toBe(
    [
      "orders: 2 open shards, 1 closed",
      `  shardId-000000000000  closed  0 to ${MOST}`,
      `  shardId-000000000001  open    0 to ${BELOW_HALF}${" ".repeat(MOST.length - BELOW_HALF.length)}${" ".repeat(`${HALF} to ${MOST}`.length - `0 to ${MOST}`.length)}  from shard 0`,
      `  shardId-000000000002  open    ${HALF} to ${MOST}  from shard 0`,
      "",
    ].join("\n"),
  );
  const merged = await run("reshard", "orders", "--merge", "2", "shardId-000000000001", "--json");
  expect(JSON.parse(merged.out)).toEqual({
    stream: "orders",
    closed: ["shardId-000000000001", "shardId-000000000002"],
    opened: ["shardId-000000000003"],
    openCount: 1,
  });
  expect((await run("reshard", "orders", "--count", "2")).out).toMatch(/^resharded orders: .*; 2 open shards\n$/);
  expect((await run("reshard", "orders", "--count", "2")).out).toBe(
    "orders: 2 open shards of one size already; nothing is changed\n",
  );
  const shown = JSON.parse((await run("shards", "orders", "--json")).out);
  expect(shown.shards.at(-1)).toMatchObject({ state: "open", parents: ["shardId-000000000003"], endingHashKey: MOST });

  const refused: readonly (readonly [readonly string[], RegExp])[] = [
    [
      ["reshard", "orders"],
      /one of --split, --merge and --count says what to do\nhelp: .*millrace.* reshard orders --count 2/,
    ],
    [["reshard", "orders", "--count", "2", "--split", "0"], /one of --split, --merge and --count/],
    [["reshard", "orders", "--merge", "4"], /--merge takes two shards, not 1/],
    [["reshard", "orders", "--count", "2", "--at", "7"], /--at goes with --split/],
    [["reshard", "orders", "--split", "4", "--at", "x"], /--at x is no hash key/],
    [
      ["reshard", "orders", "--split", "99"],
      /orders has no shard `99`; open are shard 4, shard 5\nhelp: .*shards orders/,
    ],
    [["reshard", "orders", "--split", "0"], /Shard shardId-000000000000 .* has already been merged or split/],
    [["reshard", "orders", "--count", "9"], /cannot scale up over double/],
    [["shards", "oders"], /there is no stream `oders`\nhelp: .*shards orders/],
  ];
  for (const [words, text] of refused) {
    const { code, error } = await run(...words);
    expect([code, error]).toEqual([2, expect.stringMatching(text)]);
  }
});
