// Hands an on-failure document to its destination (O-rules). Never retried by the runtime (O-15).

export interface Report {
  readonly mappingUuid: string;
  /** ARN of a queue, topic or bucket. */
  readonly destinationArn: string;
  /** The document as JSON text, members in the recorded order (O-2, O-10). */
  readonly body: string;
  /** Object key where the destination is a bucket (O-11), else null. */
  readonly objectKey: string | null;
}

export type ReportAnswer =
  | { readonly kind: "delivered" }
  /** The document is lost, counted, and the lane goes on. */
  | { readonly kind: "refused"; readonly detail: string };

export interface Reporter {
  /** Never rejects. Reports of one lane arrive one after another. */
  send(report: Report): Promise<ReportAnswer>;
}
