// What goes wrong on purpose: rules by command, looked at before the command is carried out, in the order in which they were made.

import { nameOf } from "./oplog.ts";
import type { Namespace } from "./oplog.ts";

export type Fault =
  /** The command fails, with these labels and those that a server adds by itself. */
  | { readonly kind: "error"; readonly code: number; readonly message?: string; readonly labels?: readonly string[] }
  /** The connection ends before the command is carried out, or behind it with its answer lost. */
  | { readonly kind: "disconnect"; readonly isCarriedOut: boolean }
  /** No answer ever comes; the connection stays. */
  | { readonly kind: "silence" }
  /** This text is no UTF-8 in the answer. */
  | { readonly kind: "garble"; readonly text: string };

export interface FaultRule {
  /** The command's name on the wire: `getMore`, `aggregate`, `insert`, `find`, `saslStart`, `hello`, … */
  readonly command: string;
  /** `database.collection`. Default: any. */
  readonly namespace?: string;
  /** How often it strikes. Default: until it is taken back. */
  readonly times?: number;
  readonly fault: Fault;
}

export interface Faults {
  /** Returns what takes the rule back. */
  readonly add: (rule: FaultRule) => () => void;
  /** The fault that strikes this command, counted; null for none. */
  readonly strike: (command: string, namespace: Namespace) => Fault | null;
}

export function createFaults(): Faults {
  const rules = new Map<FaultRule, number>();
  return {
    add: (rule) => {
      const own = { ...rule };
      rules.set(own, rule.times ?? Number.POSITIVE_INFINITY);
      return () => void rules.delete(own);
    },
    strike: (command, namespace) => {
      for (const [rule, leftCount] of rules) {
        if (rule.command !== command || (rule.namespace ?? nameOf(namespace)) !== nameOf(namespace)) continue;
        if (leftCount <= 1) rules.delete(rule);
        else rules.set(rule, leftCount - 1);
        return rule.fault;
      }
      return null;
    },
  };
}
