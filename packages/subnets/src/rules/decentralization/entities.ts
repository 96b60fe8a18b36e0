/** Accounts that belong together (specs/0019-audit.md section 4). */

/** A reason to count two accounts, or an account and a host, as one. */
export type Link = readonly [left: string, right: string]

/** Names each member by the smallest name of its group; who is linked to nobody stands for itself. */
export function entitiesOf(links: readonly Link[]): (member: string) => string {
  const parents = new Map<string, string>()
  const rootOf = (member: string): string => {
    let root = member
    for (let parent = parents.get(root); parent !== undefined; parent = parents.get(root)) root = parent
    for (let at = member; at !== root; ) {
      const next = parents.get(at) as string
      parents.set(at, root)
      at = next
    }
    return root
  }
  for (const [left, right] of links) {
    const [a, b] = [rootOf(left), rootOf(right)]
    if (a !== b) parents.set(a < b ? b : a, a < b ? a : b)
  }
  return rootOf
}
