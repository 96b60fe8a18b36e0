/** Networks that something came from, the widest first; the last is what one sender has. */
export type Origin = readonly string[]

/**
 * Whose place a newcomer takes where all are taken: the newest of the network that holds most, level by level, and undefined where that
 * would be the newcomer's own. So whoever has many small networks inside a wide one gets the share of one, and who holds little keeps it.
 * `held` is oldest first.
 */
export function whoMakesRoom<held extends { readonly origin: Origin }>(
  held: readonly held[],
  newcomer: Origin,
): held | undefined {
  let group: readonly held[] = held
  let isAmongThem = true
  for (const level of newcomer.length === 0 ? [] : newcomer.keys()) {
    const nameAt = ({ origin }: { readonly origin: Origin }): string => origin[level] ?? ''
    const groups = Map.groupBy(group, nameAt)
    const own: readonly held[] = isAmongThem ? (groups.get(nameAt({ origin: newcomer })) ?? []) : []
    const largest = [...groups.values()].reduce<readonly held[]>(
      (most, other) => (other.length >= most.length ? other : most),
      own,
    )
    isAmongThem &&= own.length + 1 >= largest.length
    group = isAmongThem ? own : largest
  }
  return isAmongThem ? undefined : group.at(-1)
}

/**
 * What goes instead of `chosen` where that may not: the newest that may of its own network, of the smallest that has one; `chosen` itself
 * where the widest has none, so that nobody fills a place with what may not go. `held` is oldest first.
 */
export function whoGoesInstead<held extends { readonly origin: Origin }>(
  held: readonly held[],
  chosen: held,
  mayGo: (one: held) => boolean,
): held {
  if (mayGo(chosen)) return chosen
  for (let levels = chosen.origin.length; levels > 0; levels--) {
    const network = chosen.origin.slice(0, levels)
    const other = held.findLast((one) => mayGo(one) && network.every((name, level) => one.origin[level] === name))
    if (other !== undefined) return other
  }
  return chosen
}
