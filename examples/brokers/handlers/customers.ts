// Changes of a collection: DocumentDB on AWS, here MongoDB.

interface DocumentDbEvent {
  readonly events: readonly {
    readonly event: { readonly operationType: string; readonly fullDocument?: { readonly name: string } };
  }[];
}

export async function handler(event: DocumentDbEvent): Promise<void> {
  for (const { event: change } of event.events) {
    console.log(`customer ${change.fullDocument?.name ?? "?"}: ${change.operationType}`);
  }
}
