/** The end of a switch over a union: a kind that is not handled is a bug, and the compiler says so first. */
export function assertNever(value: never): never {
  throw new Error(`not handled: ${JSON.stringify(value)}`);
}
