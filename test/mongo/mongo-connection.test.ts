// The login of a mapping's client, by the MongoDB stand-in.

import { expect, test } from "vitest";
import { createMongoConnection, type MongoAddress } from "../../workers/mongo/mongo-connection.ts";
import { createMongoStandIn } from "./stand-in/mongo-stand-in.ts";
import { until } from "./support/live-mapping.ts";

const secretArn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:shop-abcdef";

test("X-601: the secret's user logs in; an empty one is nobody, as a server without users wants it", async () => {
  await using closed = await createMongoStandIn({ user: { user: "alice", password: "secret" } });
  await using open = await createMongoStandIn();
  const alice = { username: "alice", password: "secret" };
  const nobody = { username: "", password: "" };
  expect(await readAs(closed.port, alice)).toBe("read");
  expect(await readAs(open.port, nobody)).toBe("read");
  expect(await readAs(closed.port, nobody)).toMatchObject({ code: 13 });
  expect(await readAs(open.port, alice)).toMatchObject({ disablingReason: "EVENT_SOURCE_AUTHN_ERROR" });
});

test("a client that has found no server yet stops looking once the mapping stops", async () => {
  await using silent = await createMongoStandIn();
  silent.addFault({ command: "hello", fault: { kind: "silence" } });
  silent.addFault({ command: "ismaster", fault: { kind: "silence" } });
  const nobody = JSON.stringify({ username: "", password: "" });
  const connection = createMongoConnection({
    address: addressOf(silent.port),
    secretText: () => Promise.resolve(nobody),
  });
  const answer = connection.connected();
  await until(() => silent.commandCount("hello") + silent.commandCount("ismaster") > 0);
  await connection.close();
  // Not that none was found in its time.
  expect(await answer).toMatchObject({ problem: { detail: expect.stringContaining("closed") } });
});

async function readAs(port: number, login: { readonly username: string; readonly password: string }): Promise<unknown> {
  const connection = createMongoConnection({
    address: addressOf(port),
    secretText: () => Promise.resolve(JSON.stringify(login)),
  });
  try {
    const connected = await connection.connected();
    if ("problem" in connected) return connected.problem;
    await connected.client.db("shop").collection("orders").findOne();
    return "read";
  } catch (error) {
    return error;
  } finally {
    await connection.close();
  }
}

function addressOf(port: number): MongoAddress {
  const url = `mongodb://127.0.0.1:${port}/?replicaSet=rs0`;
  return { kind: "mongo", url, caFile: null, secretArn, database: "shop", collection: "orders" };
}
