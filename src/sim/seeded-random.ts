// Chance from one seed, a stream a name: a new draw in one part of the world does not shift another's.

import type { Random } from "../ports/random.ts";

export interface SeededRandom extends Random {
  /** A whole number from `least` to `most`, both included. */
  between(name: string, least: number, most: number): number;
  /** True in `share` of the draws. */
  happens(name: string, share: number): boolean;
  pick<const T>(name: string, choices: readonly [T, ...T[]]): T;
  /** Draws from the stream of this name, for one who draws very often. */
  stream(name: string): () => number;
}

interface Stream {
  state: number;
}

export function createSeededRandom(seed: number): SeededRandom {
  const streams = new Map<string, Stream>();

  function streamOf(name: string): Stream {
    const found = streams.get(name);
    if (found !== undefined) return found;
    const made = { state: hashOf(`${seed}/${name}`) };
    streams.set(name, made);
    return made;
  }

  const next32 = (name: string): number => nextOf(streamOf(name));

  const draw = (name: string): number => next32(name) / WORDS;
  return {
    draw,
    uuid(name) {
      const hex = Array.from({ length: 4 }, () => next32(name).toString(16).padStart(8, "0")).join("");
      const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
    },
    between: (name, least, most) => least + Math.floor(draw(name) * (most - least + 1)),
    happens: (name, share) => draw(name) < share,
    pick: (name, choices) => choices[Math.floor(draw(name) * choices.length)] ?? choices[0],
    stream(name) {
      const own = streamOf(name);
      return () => nextOf(own) / WORDS;
    },
  };
}

const WORDS = 2 ** 32;

function nextOf(stream: Stream): number {
  const state = (stream.state + 0x9e3779b9) >>> 0;
  stream.state = state;
  let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

/** FNV-1a with a final mix. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
