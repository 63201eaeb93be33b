// A cluster of Kafka by kafkajs's connections and requests, below its consumer. The one file that knows what lies behind the client's
// public face; its version is pinned, and docs/decisions/0011-kafkajs-behind-a-port.md says why the consumer itself is not used. All
// that fails is thrown, as the client throws it.

import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Broker, Cluster, ISocketFactory, KafkaConfig } from "kafkajs";
import { createByteReader } from "./kafka-bytes.ts";
import { loadKafkajs } from "./kafka-client.ts";
import { fetchedOf, type FetchedPartition } from "./fetch-answer.ts";
import { topicIdAnswered, topicIdRequest } from "./topic-id.ts";
import type { Decompress } from "./record-batches.ts";

/** The request for metadata, from the version on that tells a topic's id. */
const METADATA_KEY = 3;
const TOPIC_ID_VERSION = 10;
const READ_UNCOMMITTED = 0;
const READ_COMMITTED = 1;
const KEEP_ALIVE_MS = 60_000;
export const LATEST = -1n;
export const EARLIEST = -2n;

export interface TopicSeen {
  /** Of the topic itself, whatever its name; null: the broker is too old to say. */
  readonly id: string | null;
  /** The node that leads each partition. */
  readonly leaders: ReadonlyMap<number, number>;
}

export interface Committed {
  readonly offset: bigint;
  readonly metadata: string;
}

export interface Joined {
  readonly memberId: string;
  readonly generation: number;
  /** Of all members, where this one leads; else empty. */
  readonly members: readonly { readonly memberId: string; readonly metadata: Buffer }[];
}

export interface JoinRequest {
  /** Empty: a new one. */
  readonly memberId: string;
  readonly protocols: readonly string[];
  readonly metadata: Buffer;
  readonly sessionMs: number;
  readonly rebalanceMs: number;
}

export interface MemberPlace {
  readonly memberId: string;
  readonly generation: number;
}

/** The broker that keeps a group. */
export interface Coordinator {
  join(request: JoinRequest): Promise<Joined>;
  /** `assignments`: from the leader, by member id. Answers this member's. */
  sync(place: MemberPlace, assignments: ReadonlyMap<string, Buffer>): Promise<Buffer>;
  heartbeat(place: MemberPlace): Promise<void>;
  leave(memberId: string): Promise<void>;
  commit(place: MemberPlace, topic: string, offsets: ReadonlyMap<number, Committed>): Promise<void>;
  /** Of those that the group has committed. */
  committed(topic: string, partitions: readonly number[]): Promise<ReadonlyMap<number, Committed>>;
}

export interface FetchRequest {
  readonly topic: string;
  readonly offsets: ReadonlyMap<number, bigint>;
  readonly waitMs: number;
  readonly bytes: number;
  readonly bytesAPartition: number;
}

export interface KafkaCluster {
  /** Asks anew. */
  topic(topic: string): Promise<TopicSeen>;
  coordinator(groupId: string): Promise<Coordinator>;
  /** `at`: a timestamp in ms, LATEST or EARLIEST. Of partitions without a record from there on there is none. */
  offsets(
    topic: string,
    at: bigint,
    partitions: readonly number[],
    reading?: "committed" | "all",
  ): Promise<ReadonlyMap<number, bigint>>;
  fetch(node: number, request: FetchRequest): Promise<readonly FetchedPartition[]>;
  readonly decompress: Decompress;
  /** Whatever is out is rejected. Never rejects. */
  close(): Promise<void>;
}

interface ProtocolRequest {
  readonly request: { readonly apiVersion: number; readonly [name: string]: unknown };
  readonly response: object;
}

/** What the client's own types leave out of a broker. */
interface InnerBroker extends Pick<Broker, "offsetFetch"> {
  readonly versions: Readonly<Record<number, { readonly maxVersion: number } | undefined>>;
  readonly connectionPool: {
    send(request: ProtocolRequest): Promise<unknown>;
    destroy(): Promise<void>;
  };
  findGroupCoordinator(of: object): Promise<{ readonly coordinator: { readonly nodeId: number } }>;
  joinGroup(request: object): Promise<{
    readonly generationId: number;
    readonly memberId: string;
    readonly leaderId: string;
    readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[];
  }>;
  syncGroup(request: object): Promise<{ readonly memberAssignment: Buffer | null }>;
  heartbeat(request: object): Promise<unknown>;
  leaveGroup(request: object): Promise<unknown>;
  offsetCommit(request: object): Promise<unknown>;
  listOffsets(request: object): Promise<{
    readonly responses: readonly {
      readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
    }[];
  }>;
  fetch(request: object): Promise<unknown>;
}

type InnerCluster = Pick<Cluster, "connect" | "disconnect" | "addTargetTopic" | "refreshMetadata"> &
  Pick<Cluster, "getNodeIds" | "findTopicPartitionMetadata"> & {
    findBroker(node: { readonly nodeId: string | number }): Promise<InnerBroker>;
  };

export async function openKafkaCluster(config: KafkaConfig): Promise<KafkaCluster> {
  const sockets = new Set<Socket>();
  const { Kafka, CompressionCodecs } = await loadKafkajs();
  // Each of the named servers is tried once; whoever calls has a delay of its own that grows.
  const retries = Array.isArray(config.brokers) ? config.brokers.length - 1 : 0;
  const retry = { retries, initialRetryTime: 50, maxRetryTime: 200 };
  const client = new Kafka({ ...config, retry, socketFactory: keptSockets(sockets) });
  const cluster = clusterOf(client);

  async function close(): Promise<void> {
    // The client would wait for what is out, a join for a minute.
    for (const socket of sockets) socket.destroy(new Error("closed by this client"));
    try {
      await cluster.disconnect();
    } catch {
      // It was gone already: that is what was asked for.
    }
  }

  async function anyBroker(): Promise<InnerBroker> {
    let failure: unknown = new Error("no broker is known");
    for (const nodeId of cluster.getNodeIds()) {
      try {
        return await cluster.findBroker({ nodeId });
      } catch (error) {
        failure = error;
      }
    }
    throw failure instanceof Error ? failure : new Error(String(failure));
  }

  try {
    await cluster.connect();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    async topic(topic) {
      await cluster.addTargetTopic(topic);
      await cluster.refreshMetadata();
      const leaders = cluster
        .findTopicPartitionMetadata(topic)
        .map(({ partitionId, leader }) => [partitionId, leader] as const);
      return { id: await topicIdOf(await anyBroker(), topic), leaders: new Map(leaders) };
    },
    async coordinator(groupId) {
      const broker = await anyBroker();
      const { coordinator } = await broker.findGroupCoordinator({ groupId, coordinatorType: 0 });
      return coordinatorOn(await cluster.findBroker({ nodeId: coordinator.nodeId }), groupId);
    },
    async offsets(topic, at, partitions, reading = "committed") {
      const byNode = Map.groupBy(
        cluster.findTopicPartitionMetadata(topic).filter(({ partitionId }) => partitions.includes(partitionId)),
        ({ leader }) => leader,
      );
      const isolationLevel = reading === "committed" ? READ_COMMITTED : READ_UNCOMMITTED;
      const answers = await Promise.all(
        [...byNode].map(async ([nodeId, led]) => {
          const broker = await cluster.findBroker({ nodeId });
          const asked = led.map(({ partitionId }) => ({ partition: partitionId, timestamp: String(at) }));
          return broker.listOffsets({ isolationLevel, topics: [{ topic, partitions: asked }] });
        }),
      );
      const found = answers.flatMap(({ responses }) => responses.flatMap((each) => each.partitions));
      return new Map(
        found.map(({ partition, offset }) => [partition, BigInt(offset)] as const).filter(([, at]) => at >= 0n),
      );
    },
    fetch: async (node, request) => fetchFrom(await cluster.findBroker({ nodeId: node }), request),
    async decompress(codec, bytes) {
      const codecOf = Reflect.get(CompressionCodecs, codec) as () => { decompress(bytes: Buffer): Promise<Buffer> };
      return codecOf().decompress(bytes);
    },
    close,
  };
}

function coordinatorOn(broker: InnerBroker, groupId: string): Coordinator {
  const inGroup = ({ memberId, generation }: MemberPlace) => ({ groupId, memberId, groupGenerationId: generation });
  return {
    async join({ memberId, protocols, metadata, sessionMs, rebalanceMs }) {
      const joined = await broker.joinGroup({
        groupId,
        memberId,
        sessionTimeout: sessionMs,
        rebalanceTimeout: rebalanceMs,
        groupProtocols: protocols.map((name) => ({ name, metadata })),
      });
      const isLeader = joined.leaderId === joined.memberId;
      const members = joined.members.map((each) => ({ memberId: each.memberId, metadata: each.memberMetadata }));
      return { memberId: joined.memberId, generation: joined.generationId, members: isLeader ? members : [] };
    },
    async sync({ memberId, generation }, assignments) {
      const groupAssignment = [...assignments].map(([to, memberAssignment]) => ({ memberId: to, memberAssignment }));
      const answer = await broker.syncGroup({ groupId, memberId, generationId: generation, groupAssignment });
      return answer.memberAssignment ?? Buffer.alloc(0);
    },
    async heartbeat(place) {
      await broker.heartbeat(inGroup(place));
    },
    async leave(memberId) {
      await broker.leaveGroup({ groupId, memberId });
    },
    async commit(place, topic, offsets) {
      const partitions = [...offsets].map(([partition, { offset, metadata }]) => ({
        partition,
        offset: String(offset),
        metadata,
      }));
      await broker.offsetCommit({ ...inGroup(place), topics: [{ topic, partitions }] });
    },
    async committed(topic, partitions) {
      const asked = partitions.map((partition) => ({ partition, offset: "0" }));
      const { responses } = await broker.offsetFetch({ groupId, topics: [{ topic, partitions: asked }] });
      const found = responses
        .flatMap((each) => each.partitions)
        .map((each): [number, Committed] => [
          each.partition,
          { offset: BigInt(each.offset), metadata: metadataOf(each) },
        ]);
      return new Map(found.filter(([, { offset }]) => offset >= 0n));
    },
  };
}

function metadataOf(partition: object): string {
  const metadata: unknown = Reflect.get(partition, "metadata");
  return typeof metadata === "string" ? metadata : "";
}

/** The client's request, and an answer that is read here. */
async function fetchFrom(broker: InnerBroker, request: FetchRequest): Promise<readonly FetchedPartition[]> {
  const raw: InnerBroker = Object.create(broker, {
    connectionPool: {
      value: {
        destroy: () => broker.connectionPool.destroy(),
        send: (sent: ProtocolRequest) =>
          broker.connectionPool.send({
            ...sent,
            response: {
              decode: (bytes: Buffer) => Promise.resolve(fetchedOf(bytes, sent.request.apiVersion)),
              parse: ({ partitions }: { readonly partitions: readonly FetchedPartition[] }) =>
                Promise.resolve(partitions),
            },
          }),
      },
    },
  });
  const partitions = [...request.offsets].map(([partition, offset]) => ({
    partition,
    fetchOffset: String(offset),
    maxBytes: request.bytesAPartition,
  }));
  const answer = await raw.fetch({
    isolationLevel: READ_COMMITTED,
    maxWaitTime: request.waitMs,
    minBytes: 1,
    maxBytes: request.bytes,
    topics: [{ topic: request.topic, partitions }],
  });
  return answer as readonly FetchedPartition[];
}

/** Null: the broker is too old to say. */
async function topicIdOf(broker: InnerBroker, topic: string): Promise<string | null> {
  if ((broker.versions[METADATA_KEY]?.maxVersion ?? 0) < TOPIC_ID_VERSION) return null;
  const bytes = topicIdRequest(topic);
  const answer = await broker.connectionPool.send({
    request: {
      apiKey: METADATA_KEY,
      apiName: "Metadata",
      apiVersion: TOPIC_ID_VERSION,
      // As the client takes what its own encoder has made.
      encode: () => Promise.resolve({ buf: bytes, buffer: bytes }),
    },
    response: {
      decode: (answered: Buffer) => Promise.resolve({ id: topicIdAnswered(createByteReader(answered)) }),
      parse: ({ id }: { readonly id: string | null }) => Promise.resolve(id),
    },
  });
  return typeof answer === "string" ? answer : null;
}

/** The client makes a cluster for each consumer, by a member of its own. */
function clusterOf(client: object): InnerCluster {
  const symbol = Object.getOwnPropertySymbols(client).find(
    ({ description }) => description === "private:Kafka:createCluster",
  );
  const create: unknown = symbol === undefined ? undefined : Reflect.get(client, symbol);
  if (typeof create !== "function") throw new Error("this version of kafkajs makes its clusters in another way");
  // Metadata that is asked for when it is needed, and no topic is ever made (M-706, M-812).
  return create({ metadataMaxAge: 0, allowAutoTopicCreation: false, isolationLevel: READ_COMMITTED }) as InnerCluster;
}

/** As the client's own, and each socket can be ended while an answer is out. */
function keptSockets(sockets: Set<Socket>): ISocketFactory {
  return ({ host, port, ssl, onConnect }) => {
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket = ssl ? connectTls({ host, port, ...name, ...ssl }, onConnect) : connectTcp({ host, port }, onConnect);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    return socket;
  };
}
