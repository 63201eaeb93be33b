// The buckets of a state directory as main has them: the documents' folders, and S3's view of them.

import { type BucketDirectory, createBucketDirectory } from "../destinations/bucket-directory.ts";
import { createBucketObjects } from "../destinations/bucket-objects.ts";
import { createPartUploads } from "../destinations/part-uploads.ts";
import type { Buckets, PartUploads } from "../ports/buckets.ts";
import type { Random } from "../ports/random.ts";

export function openHouseBuckets(
  root: string,
  random: Random,
): { readonly directory: BucketDirectory; readonly objects: Buckets; readonly uploads: PartUploads } {
  const objects = createBucketObjects(root, random);
  return { directory: createBucketDirectory(root), objects, uploads: createPartUploads(root, objects, random) };
}
