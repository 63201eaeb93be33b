// How far a consumer group is behind its topic.

/** In offsets, over all partitions of the topic, as of one look (M-210). */
export interface OffsetLag {
  readonly atMs: number;
  readonly sum: number;
  /** Of the partition that is furthest behind. */
  readonly max: number;
}
