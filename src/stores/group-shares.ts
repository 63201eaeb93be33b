// How the members of a group share out the partitions of a topic: evenly, and so that as few as possible change hands (M-203, M-807).

/** Which member has which partition; members are told apart by their numbers. None of them: nobody has any. */
export function sharesOf<M>(
  partitionCount: number,
  members: readonly M[],
  holders: ReadonlyMap<number, M>,
): ReadonlyMap<number, M> {
  const shares = new Map<number, M>();
  if (members.length === 0) return shares;
  const least = Math.floor(partitionCount / members.length);
  const held = new Map(members.map((member) => [member, 0]));
  /** Members that may have one more than the others. */
  let spare = partitionCount % members.length;

  function take(partition: number, member: M): boolean {
    const count = held.get(member);
    if (count === undefined || count > least || (count === least && spare === 0)) return false;
    if (count === least) spare -= 1;
    held.set(member, count + 1);
    shares.set(partition, member);
    return true;
  }

  const free: number[] = [];
  for (let partition = 0; partition < partitionCount; partition += 1) {
    const holder = holders.get(partition);
    if (holder === undefined || !take(partition, holder)) free.push(partition);
  }
  for (const partition of free) {
    const poorest = members.toSorted((one, other) => (held.get(one) ?? 0) - (held.get(other) ?? 0))[0];
    if (poorest !== undefined) take(partition, poorest);
  }
  return shares;
}
