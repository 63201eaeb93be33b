import { createEmbeddedSource } from "../../src/stores/embedded-source.ts";
import { createEmbeddedStreams, trimEmbeddedStream } from "../../src/stores/embedded-streams.ts";
import type { StoreClient } from "../../src/stores/store-client.ts";
import { describeReshardContract } from "../contracts/reshard-contract.ts";
import { describeStreamsContract, type StoreUnderTest } from "../contracts/streams-contract.ts";
import { describeTableStreamsContract } from "../contracts/table-streams-contract.ts";
import { openStoreAside, startThreadAside } from "./aside.ts";

function underTest(client: StoreClient, close: () => Promise<void>): StoreUnderTest {
  return {
    streams: createEmbeddedStreams(client),
    source: (streamName, kind) => createEmbeddedSource({ client, streamName, kind }),
    trim: (streamName) => trimEmbeddedStream(client, streamName),
    close,
  };
}

describeStreamsContract("the embedded store under a clock that stands still", async () => {
  const store = await openStoreAside();
  return underTest(store.client, () => store.close());
});

describeStreamsContract("the embedded store in its thread", async () => {
  const store = await startThreadAside();
  return underTest(store.client, () => store.close());
});

describeReshardContract("the embedded store under a clock that stands still", async () => {
  const store = await openStoreAside();
  return underTest(store.client, () => store.close());
});

describeReshardContract("the embedded store in its thread", async () => {
  const store = await startThreadAside();
  return underTest(store.client, () => store.close());
});

describeTableStreamsContract("the embedded store in its thread", async () => {
  const store = await startThreadAside();
  return underTest(store.client, () => store.close());
});
