// The document that a destination receives for a batch that was given up (O-2 to O-17), member order included.

/** The last member of the document: its name (`KinesisBatchInfo`, `DDBStreamBatchInfo`) and its members in order. */
export interface BatchInfo {
  readonly name: string;
  readonly members: Readonly<Record<string, string | number>>;
}
