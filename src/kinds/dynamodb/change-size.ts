// How many bytes a change takes in the event: its stored text, what is spliced in, and the digits of its second (D-1, D-4).

/** Exact size in the event, without the comma; `constantBytes` from the kind's sizing. */
export function changeSizeBytes(
  constantBytes: number,
  record: { readonly dataBytes: number; readonly arrivedAtMs: number },
): number {
  return constantBytes + record.dataBytes + secondText(record.arrivedAtMs).length;
}

/** Whole seconds as a JSON number (D-4). */
export function secondText(arrivedAtMs: number): string {
  return String(Math.floor(arrivedAtMs / 1000));
}
