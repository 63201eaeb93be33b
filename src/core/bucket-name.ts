// Which names a bucket may have: S3's rules for buckets of general purpose.

const SHAPE = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** A part between dots begins and ends with a letter or digit. */
const BAD_DOT = /\.\.|\.-|-\./;
const ADDRESS = /^\d+\.\d+\.\d+\.\d+$/;
const RESERVED = /^(?:xn--|sthree-|amzn-s3-demo-)|(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/;

export const isBucketName = (name: string): boolean =>
  SHAPE.test(name) && !BAD_DOT.test(name) && !ADDRESS.test(name) && !RESERVED.test(name);
