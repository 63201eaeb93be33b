// Rules of sources that are not carried out, or in another way, or that no test can show, each with the reason: a section of
// docs/honoured.md. A test holds every other rule of their documents in docs/rules to a test that cites it.

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
  "M-801": "How the code is laid out: the linter lets no other folder import the client.",
  "M-817": "What memory a fetch leaves behind is the collector's matter; records are copied where batches are read.",
  "M-818": "Nothing is done: the broker has checked what it stored.",
  "X-204": "Nothing is done: no clock disables a mapping for want of events.",
  "X-802": "How the code is laid out: nothing listens to a stream, so windows have no other clock than their own.",
  "X-807": "Nothing is asked that DocumentDB does not have: a stream is opened without any stage.",
};

/** Lines of the section. */
export function rulesSection(): readonly string[] {
  return [
    "## Rules that are left out",
    "",
    "Made from `src/control/mapping/rules-left-out.ts`. Every rule of streams and queues in",
    "[rules/streams-and-queues.md](rules/streams-and-queues.md), of brokers in [rules/brokers.md](rules/brokers.md), of Kafka in",
    "[rules/kafka.md](rules/kafka.md), and of DocumentDB in [rules/documentdb.md](rules/documentdb.md), has a test that cites it, but for these:",
    "",
    "| rule | why |",
    "| --- | --- |",
    ...Object.entries(rulesLeftOut).map(([rule, why]) => `| ${rule} | ${why} |`),
    "",
  ];
}
