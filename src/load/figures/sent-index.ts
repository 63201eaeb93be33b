// Finds the sent records that the journal speaks of: by their place within a lane's order, or by a message's id.
//
// S1  Records that do not match the filter are in no batch, so they are in no order.
// S2  Where the sender was not told its records' ids, a lane's batches take them in the order in which they were sent.

import { laneOf } from "../../core/lane-key.ts";
import type { BatchPartition } from "../../ports/journal.ts";
import type { LoadObservation, SentRecord } from "../observation.ts";
import type { Root } from "./who.ts";

/** Some records of one order, by their indexes in what was sent. */
export interface Segment {
  readonly order: Int32Array | readonly number[];
  readonly from: number;
  readonly count: number;
}

export interface SentIndex {
  /** In order of closing: batches follow one another within their order. */
  ofBatch(root: Root): readonly Segment[];
  ofPartitions(partitions: readonly BatchPartition[]): readonly Segment[];
  ofIds(ids: readonly string[]): readonly Segment[];
  /** Some were told apart by their order alone. */
  isByOrder(): boolean;
}

interface Order {
  readonly indexes: Int32Array;
  /** False: the sender knows no places. */
  readonly isPlaced: boolean;
  /** Where the next batch is expected. */
  next: number;
}

const MOST_KEYS = 100_000;

export function createSentIndex({ sent, family, mapping }: LoadObservation): SentIndex {
  const isOfMessages = family === "queue" || family === "broker";
  const orders = isOfMessages ? new Map<string, Order>() : ordersOf(sent, mapping.factor);
  const byId = isOfMessages ? idsOf(sent) : new Map<string, number>();
  /** Of a broker that gives its messages no ids: its queue's order. */
  const nameless = isOfMessages && byId.size === 0 ? { indexes: matching(sent), next: 0 } : null;
  let isByOrder = false;

  function orderOf(lane: string): Order | null {
    const [, unit = "", index = "0"] = lane.split("/");
    return mapping.factor === 1
      ? (orders.get(unit) ?? orders.get("") ?? null)
      : (orders.get(`${unit}/${index}`) ?? orders.get(`/${index}`) ?? null);
  }

  /** The next `count` of an order, from the record at this place on. */
  function taken(order: Order | null, first: string | null, count: number): readonly Segment[] {
    if (order === null || count === 0) return [];
    const from = order.isPlaced ? placeIn(order, first) : order.next;
    if (from === null) return [];
    if (!order.isPlaced) isByOrder = true;
    const end = Math.min(order.indexes.length, from + count);
    order.next = end;
    return [{ order: order.indexes, from, count: end - from }];
  }

  function placeIn({ indexes, next }: Order, first: string | null): number | null {
    if (first === null) return null;
    if (idAt(next) === first) return next;
    let [low, high] = [0, indexes.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (comparePlaces(idAt(middle), first) < 0) low = middle + 1;
      else high = middle;
    }
    return idAt(low) === first ? low : null;

    function idAt(place: number): string {
      return sent[indexes[place] ?? -1]?.id ?? "";
    }
  }

  function ofIds(ids: readonly string[]): readonly Segment[] {
    if (nameless !== null) {
      isByOrder = true;
      const from = nameless.next;
      nameless.next = Math.min(nameless.indexes.length, from + ids.length);
      return [{ order: nameless.indexes, from, count: nameless.next - from }];
    }
    const found = ids.map((id) => byId.get(id)).filter((index) => index !== undefined);
    return [{ order: found, from: 0, count: found.length }];
  }

  const partsOf = (partitions: readonly BatchPartition[]): readonly Segment[] =>
    partitions.flatMap(({ unit, runs, ...whole }) =>
      (runs ?? [whole]).flatMap(({ first, recordCount }) =>
        taken(orders.get(unit) ?? orders.get("") ?? null, first, recordCount),
      ),
    );

  return {
    ofBatch(root) {
      if (isOfMessages) return ofIds(root.ids ?? []);
      return root.partitions === undefined
        ? taken(orderOf(root.lane), root.first, root.count)
        : partsOf(root.partitions);
    },
    ofPartitions: partsOf,
    ofIds,
    isByOrder: () => isByOrder,
  };
}

function idsOf(sent: readonly SentRecord[]): Map<string, number> {
  const byId = new Map<string, number>();
  for (const [index, { id }] of sent.entries()) if (id !== "") byId.set(id, index);
  return byId;
}

function matching(sent: readonly SentRecord[]): Int32Array {
  const indexes = new Int32Array(sent.length);
  let count = 0;
  for (const [index, { isMatching }] of sent.entries()) {
    if (!isMatching) continue;
    indexes[count] = index;
    count += 1;
  }
  return indexes.slice(0, count);
}

/** By unit, or by unit and lane (E-62). */
function ordersOf(sent: readonly SentRecord[], factor: number): Map<string, Order> {
  const lists = new Map<string, number[]>();
  const laneOfKey = keyedLanes(factor);
  for (const [index, { unit, key, isMatching }] of sent.entries()) {
    if (!isMatching) continue;
    const name = factor === 1 ? unit : `${unit}/${laneOfKey(key ?? "")}`;
    const list = lists.get(name);
    if (list === undefined) lists.set(name, [index]);
    else list.push(index);
  }
  return new Map([...lists].map(([name, list]) => [name, orderOfList(sent, list)]));
}

function keyedLanes(factor: number): (key: string) => number {
  const known = new Map<string, number>();
  const encoder = new TextEncoder();
  return (key) => {
    let lane = known.get(key);
    if (lane === undefined) {
      lane = laneOf(encoder.encode(key), factor);
      if (known.size < MOST_KEYS) known.set(key, lane);
    }
    return lane;
  };
}

function orderOfList(sent: readonly SentRecord[], list: number[]): Order {
  const idOf = (index: number | undefined): string => sent[index ?? -1]?.id ?? "";
  const isPlaced = list.every((index) => idOf(index) !== "");
  const isSorted = list.every((index, at) => at === 0 || comparePlaces(idOf(list[at - 1]), idOf(index)) <= 0);
  if (isPlaced && !isSorted) list.sort((one, other) => comparePlaces(idOf(one), idOf(other)));
  return { indexes: Int32Array.from(list), isPlaced, next: 0 };
}

/** Offsets grow longer; all other places of a unit are equally long. */
function comparePlaces(one: string, other: string): number {
  if (one.length !== other.length) return one.length - other.length;
  return one < other ? -1 : one === other ? 0 : 1;
}
