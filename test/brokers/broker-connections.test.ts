import { expect, test } from "vitest";
import type { Rec } from "../../src/core/record.ts";
import type { AckReader } from "../../src/ports/ack-source.ts";
import { createBrokerConnections } from "../../workers/broker-connections.ts";

const aReader: AckReader<Rec> = {
  read: () => new Promise(() => {}),
  settle: () => Promise.resolve(true),
  pauseDeliveries: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

test("R-601, R-801: a connection that new settings have replaced lives until its last reader is closed", async () => {
  const closed: string[] = [];
  const connections = createBrokerConnections((address: { readonly secretArn: string }) => ({
    close: () => Promise.resolve(void closed.push(address.secretArn)),
  }));
  const open = (secretArn: string) => connections.reader({ secretArn }, () => aReader);
  const [one, other] = [open("old"), open("old")];
  await one.close();
  const next = open("new");
  await Promise.resolve();
  expect(closed).toEqual([]);
  await other.close();
  await next.close();
  await Promise.resolve();
  expect(closed).toEqual(["old"]);
  await connections.close();
  expect(closed).toEqual(["old", "new"]);
});

test("one that nobody reads by is closed as soon as another address is asked for", async () => {
  const closed: string[] = [];
  const connections = createBrokerConnections((address: string) => ({
    close: () => Promise.resolve(void closed.push(address)),
  }));
  await connections.reader("old", () => aReader).close();
  connections.reader("new", () => aReader);
  await Promise.resolve();
  expect(closed).toEqual(["old"]);
});
