// The login of a mapping's client, by the MongoDB stand-in.

import { expect, test } from "vitest";
import { createMongoConnection } from "../../workers/mongo/mongo-connection.ts";
import { createMongoStandIn } from "./stand-in/mongo-stand-in.ts";

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

async function readAs(port: number, login: { readonly username: string; readonly password: string }): Promise<unknown> {
  const url = `mongodb://127.0.0.1:${port}/?replicaSet=rs0`;
  const address = { kind: "mongo", url, caFile: null, secretArn, database: "shop", collection: "orders" } as const;
  const connection = createMongoConnection({ address, secretText: () => Promise.resolve(JSON.stringify(login)) });
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
