// IPv4 and IPv6 literals and blocks (F-29, F-52). An address is its bytes, so every spelling of it is equal; an IPv6 literal
// that only wraps an IPv4 address (::ffff:a00:1) is that IPv4 address. Names are never looked up.

const IPV4 = /^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/;
const IPV6 = /^[0-9a-fA-F:]*:[0-9a-fA-F:]*$/;
const GROUP = /^0*[0-9a-fA-F]{1,4}$/;
const MASK = /^\+?[0-9]{1,10}$/;

/** 4 or 16 bytes. */
export type AddressBytes = readonly number[];

export interface AddressBlock {
  readonly bytes: AddressBytes;
  readonly maskBits: number;
}

/** Null where the text is no complete address literal. */
export function parseAddress(text: string): AddressBytes | null {
  if (IPV4.test(text)) {
    const octets = text.split(".").map(Number);
    return octets.every((octet) => octet <= 255) ? octets : null;
  }
  return IPV6.test(text) ? parseIpv6(text) : null;
}

function parseIpv6(text: string): AddressBytes | null {
  const halves = text.split("::");
  const [left = "", right] = halves;
  if (halves.length > 2) {
    return null;
  }
  const head = groupsOf(left);
  const tail = right === undefined ? [] : groupsOf(right);
  if (head === null || tail === null) {
    return null;
  }
  const missing = 8 - head.length - tail.length;
  if (right === undefined ? missing !== 0 : missing < 1) {
    return null;
  }
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  const bytes = groups.flatMap((group) => [group >> 8, group & 255]);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  return isMapped ? bytes.slice(12) : bytes;
}

function groupsOf(half: string): number[] | null {
  if (half === "") {
    return [];
  }
  const groups = half.split(":");
  return groups.every((group) => GROUP.test(group)) ? groups.map((group) => Number.parseInt(group, 16)) : null;
}

export function areSameAddress(one: AddressBytes, other: AddressBytes): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

/** A block from `address/bits` (F-52), or what is wrong with it. */
export function parseBlock(text: string): AddressBlock | string {
  const [address = "", mask = "", ...rest] = text.split("/");
  if (rest.length > 0 || !text.includes("/")) {
    return "a cidr has the form address/bits, with one slash";
  }
  const bytes = parseAddress(address);
  if (bytes === null) {
    return `${JSON.stringify(address)} is no IPv4 or IPv6 address`;
  }
  const most = bytes.length * 8 - 1;
  const maskBits = Number(mask);
  if (!MASK.test(mask) || maskBits > most) {
    return `the bits of this cidr have to be a whole number from 0 to ${most}`;
  }
  return { bytes, maskBits };
}

/** Whether an address literal of the block's family is inside the block; host bits of the block do not count. */
export function isInBlock(block: AddressBlock, text: string): boolean {
  const bytes = parseAddress(text);
  if (bytes === null || bytes.length !== block.bytes.length) {
    return false;
  }
  return bytes.every((byte, index) => {
    const bits = Math.max(0, Math.min(8, block.maskBits - index * 8));
    return byte >> (8 - bits) === (block.bytes[index] ?? 0) >> (8 - bits);
  });
}
