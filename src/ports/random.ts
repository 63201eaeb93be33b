// Randomness, handed in and split by name, so that a new draw in one part does not shift another's.

export interface Random {
  /** A number in [0, 1) from the stream called `name`. */
  draw(name: string): number;
  /** A version 4 UUID, lower case, from the stream called `name`. */
  uuid(name: string): string;
}
