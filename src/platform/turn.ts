// One turn of the event loop: everything that is already promised has happened when it resolves. The simulated world runs its
// events between turns, and so does a guest of it, whose own `setImmediate` is another one: this is the one that was there first.

const onNextTurn = setImmediate;
const afterAll = setTimeout;

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => onNextTurn(resolve));
}

/** Calls it in the next turn, as Node calls what it was asked to. */
export function inNextTurn<T>(call: () => T): Promise<T> {
  return new Promise((resolve) => onNextTurn(() => resolve(call())));
}

/** For what is waited for in the real world and does not tell: at least a millisecond. */
export function shortWhile(): Promise<void> {
  return new Promise((resolve) => afterAll(resolve, 1));
}
