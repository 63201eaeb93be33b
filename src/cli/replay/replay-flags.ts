// What `millrace replay` is asked, and which options belong to which question. An option that would have no effect is refused.

import { MillraceError } from "../../errors.ts";
import type { HandlerFlags } from "./real-handler.ts";

export interface ReplayFlags extends HandlerFlags {
  readonly set?: readonly string[];
  readonly mapping?: string;
  readonly shrink?: string;
  readonly out?: string;
  readonly expect?: string;
  readonly until?: string;
  readonly attempt?: number;
  readonly after?: boolean;
  readonly event?: string;
  readonly json?: boolean;
  readonly full?: boolean;
}

/** Fold it as it was, stop at a call of that, run it under other settings, or find the smallest that still shows something. */
export type Question =
  | { readonly kind: "whole" }
  | { readonly kind: "until"; readonly until: string }
  | { readonly kind: "set"; readonly words: readonly string[] }
  | { readonly kind: "shrink"; readonly predicate: string };

interface Belonging {
  readonly flag: keyof ReplayFlags;
  readonly to: readonly Question["kind"][];
  /** Said of the flag where it stands beside another question. */
  readonly why: string;
  readonly example: string;
}

const stops = "says where to stop: it needs --until";
const shrinks = "is for --shrink";
const belongings: readonly Belonging[] = [
  { flag: "attempt", to: ["until"], why: stops, example: "--until 29 --attempt 2" },
  { flag: "after", to: ["until"], why: stops, example: "--until 29 --after" },
  { flag: "event", to: ["until"], why: stops, example: "--until 29 --event event.json" },
  { flag: "out", to: ["shrink"], why: shrinks, example: '--shrink "given-up r1" --out poison.json' },
  { flag: "expect", to: ["shrink"], why: shrinks, example: "--shrink expect.given_up --expect orders.scenario.json" },
  {
    flag: "mapping",
    to: ["set", "shrink"],
    why: "says which mapping --set or --shrink is about",
    example: "--set BatchSize=50 --mapping orders-process",
  },
  {
    flag: "handler",
    to: ["until", "set", "shrink"],
    why: "runs what --set changes, what --shrink tries, or the call at which --until stops",
    example: "--set BatchSize=50 --handler handlers/orders.ts",
  },
  {
    flag: "full",
    to: ["whole", "until"],
    why: "is for what was recorded, not for --set or --shrink",
    example: "--full",
  },
];

export function questionOf(file: string, flags: ReplayFlags): Question {
  const { until, set, shrink } = flags;
  const asked: readonly Question[] = [
    ...(until === undefined ? [] : [{ kind: "until", until } as const]),
    ...(set === undefined ? [] : [{ kind: "set", words: set } as const]),
    ...(shrink === undefined ? [] : [{ kind: "shrink", predicate: shrink } as const]),
  ];
  const [question = { kind: "whole" } as const, ...others] = asked;
  if (others.length > 0) {
    const names = asked.map(({ kind }) => `--${kind}`).toReversed();
    throw new MillraceError(
      "bad-argument",
      `${names.join(" and ")} are ${names.length === 2 ? "two" : "three"} questions: one of them, please`,
    );
  }
  const stray = belongings.find(({ flag, to }) => flags[flag] !== undefined && !to.includes(question.kind));
  if (stray !== undefined)
    throw new MillraceError("bad-argument", `--${stray.flag} ${stray.why}`, {
      help: `millrace replay ${file} ${stray.example}`,
    });
  return question;
}
