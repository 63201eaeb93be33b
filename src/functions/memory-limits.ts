// How MemorySize is held to. Node can give a thread a heap limit, but a thread that passes it in one step (a large array, a map
// that grows, a long text) takes the whole process down with it: nodejs/node issue 47224. So V8's limit is set far above
// MemorySize, where it is not met, and MemorySize is watched:
//
// 1. Every CHECK_MS the pool asks each busy thread, from outside, how much it uses, heap and buffers. Above MemorySize it rings.
// 2. The thread collects its garbage and ends itself if what it really holds is too much. This needs it to reach its event loop.
// 3. A thread that uses FORCE_MB more than MemorySize is ended at once, garbage or not: it may be in a loop.
//
// What remains: a call shorter than CHECK_MS can pass MemorySize unseen, and a single allocation of more than ROOM_MB still ends
// the process.

export const BYTES_PER_MB = 1_048_576;
export const CHECK_MS = 50;
export const FORCE_MB = 512;
export const ROOM_MB = 4_096;
