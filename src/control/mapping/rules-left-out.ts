// Rules of streams, queues and brokers that are not carried out, or in another way, each with the reason: a section of docs/honoured.md.
// A test holds every other rule of docs/rules/streams-and-queues.md and docs/rules/brokers.md to a test that cites it.

export const rulesLeftOut: { readonly [rule: string]: string } = {
  "P-2": "A shard is not looked at once a second: what is put is read at once, so records wait less than on AWS.",
  "P-3": "As P-2: nothing is polled four times a second.",
  "P-4": "Reads are not held to 2 MB and five a second: mappings and other readers of a shard do not slow one another.",
  "B-14": "A batch waits as long as its window says, and never 20 s, on an idle queue either.",
  "P-14": "There are no rights: whoever reaches the port may do everything, and a role is not looked into.",
  "Q-22": "Nothing is done for it: it follows from Q-12 and Q-21, which are carried out.",
  "R-126":
    "The client's reading: header strings that are not UTF-8, and integers over 2^53, have lost their exact value before we see them.",
  "R-808": "A figure of the client's connections, chosen once; nothing here can be blocked for so long in a test.",
};

/** Lines of the section. */
export function rulesSection(): readonly string[] {
  return [
    "## Rules that are left out",
    "",
    "Made from `src/control/mapping/rules-left-out.ts`. Every rule of streams and queues in",
    "[rules/streams-and-queues.md](rules/streams-and-queues.md), and of brokers in [rules/brokers.md](rules/brokers.md), has a test that",
    "cites it, but for these:",
    "",
    "| rule | why |",
    "| --- | --- |",
    ...Object.entries(rulesLeftOut).map(([rule, why]) => `| ${rule} | ${why} |`),
    "",
  ];
}
