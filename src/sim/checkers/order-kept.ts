// E-61, E-62, T-162: within a shard, records of one key end in order. Nothing is handed to the function once a later record of its
// key has ended in the same process's life, or since it made its lanes anew (E-66); what a source hands out twice is not judged. A call holds its records in order.

import type { Happening } from "../history.ts";
import type { Checker } from "./checker.ts";
import { keyOf } from "./endings.ts";

interface Place {
  readonly chain: string;
  readonly index: number;
}

type Called = Extract<Happening, { kind: "called" }>;

export const orderKept: Checker = {
  name: "order kept",
  law: { text: "within a shard, records of one key end in order", rule: "E-62" },
  check({ happenings }) {
    const lengths = new Map<string, number>();
    const places = new Map<string, Place>();
    const calls = new Map<number, Called>();
    const problems: string[] = [];
    /** By life and chain of a key: the latest record that has ended in it. */
    const ended = new Map<string, number>();
    const repeated = new Set<string>();

    const end = (life: number, unit: string, positions: readonly string[]): void => {
      for (const position of positions) {
        const place = places.get(keyOf(unit, position));
        if (place === undefined) continue;
        const name = `${life}/${place.chain}`;
        ended.set(name, Math.max(place.index, ended.get(name) ?? -1));
      }
    };

    function deliver(call: Called): void {
      calls.set(call.call, call);
      if (repeated.has(call.unit)) return;
      for (const position of call.positions) {
        const place = places.get(keyOf(call.unit, position));
        if (place === undefined) problems.push(`${call.unit} ${position} was delivered and never put`);
        else if ((ended.get(`${call.life}/${place.chain}`) ?? -1) > place.index)
          problems.push(`${call.unit} ${position} was delivered after a later record of its key had ended`);
      }
      const sorted = [...call.positions].sort();
      if (sorted.some((position, index) => position !== call.positions[index]))
        problems.push(`call ${call.call} holds its records out of order`);
    }

    for (const each of happenings) {
      switch (each.kind) {
        case "put": {
          const chain = keyOf(each.record.unit, each.record.key);
          const index = lengths.get(chain) ?? 0;
          lengths.set(chain, index + 1);
          places.set(keyOf(each.record.unit, each.record.position), { chain, index });
          break;
        }
        case "relaned":
          for (const name of ended.keys()) if (name.startsWith(`${each.life}/`)) ended.delete(name);
          break;
        case "repeated":
          repeated.add(each.unit);
          break;
        case "called":
          deliver(each);
          break;
        case "returned": {
          const call = calls.get(each.call);
          if (call !== undefined) end(call.life, call.unit, call.positions.slice(0, each.failedFrom));
          break;
        }
        case "reported":
          end(each.life, each.unit, each.positions);
          break;
        default:
          break;
      }
    }
    return problems;
  },
};
