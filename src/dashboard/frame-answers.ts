// What the dashboard's page is answered beside frames: what a search found, what lies in a destination. Types alone, shared by the server and
// the page. Instants are epoch ms.

export type FindAnswer =
  | {
      readonly kind: "found";
      /** What it is: `record`, `message`, `invocation`, `batch`, `mapping`, … */
      readonly of: string;
      /** As `millrace explain` prints it. */
      readonly text: string;
      readonly steps: readonly FoundStep[];
      /** The event of this record alone, as a function gets it, JSON; null: it is none, or the source does not have it any more. */
      readonly event: string | null;
      /** Commands to go on with, each with what it does. */
      readonly commands: readonly { readonly command: string; readonly what: string }[];
      readonly mapping: string | null;
      readonly batch: string | null;
      /** Entries of the journal that were looked through. */
      readonly searchedCount: number;
      readonly story: object;
    }
  | { readonly kind: "several"; readonly message: string; readonly choices: readonly string[] }
  | { readonly kind: "nothing"; readonly code: string; readonly message: string; readonly help: string | null };

export interface FoundStep {
  /** Null: not known. */
  readonly atMs: number | null;
  readonly sign: "done" | "failed" | "gave-up" | "waits" | "throttled" | "none";
  readonly what: string;
  readonly detail: string;
  /** Of an attempt. */
  readonly requestId: string | null;
}

export interface DestinationContents {
  /** The newest last of a queue and a topic, the newest first of a bucket; 100 at most. */
  readonly documents: readonly DestinationDocument[];
  /** What else there is to know: why there are none, or that there are more. */
  readonly note: string;
  /** A command that shows what is not shown here. */
  readonly command: string | null;
}

export interface DestinationDocument {
  /** Of a queue the message's id, of a bucket the object's key, of a topic `cluster|partition|offset`. */
  readonly id: string;
  readonly atMs: number;
  /** At most 20,000 characters of it. */
  readonly body: string;
  readonly isCut: boolean;
  readonly isResendable: boolean;
  /** Why it is not; "": it is. */
  readonly why: string;
}
