/** The miners of `koinon subnet dev`: three run the file's baseline, two do not do the work. */
import type { BeaconRandom } from '../rules/beacon-random.ts'

/** `garbage` sends answers of the right form with random content; `copier` sends again what an honest miner's record of the last epoch shows. */
export type Play = 'honest' | 'garbage' | 'copier'

export const plays: readonly Play[] = ['honest', 'honest', 'honest', 'garbage', 'copier']

/**
 * The same form with random content: numbers up to the largest of the whole answer, below 0 where it has such; texts shuffled, truths
 * tossed. Takes and gives JSON.
 */
export function garbageOf(json: unknown, random: BeaconRandom): unknown {
  const numbers = numbersOf(json)
  const most = Math.min(Number.MAX_SAFE_INTEGER - 1, Math.ceil(Math.max(0, ...numbers.map(Math.abs))))
  const isSigned = numbers.some((value) => value < 0)
  const draw = (): number => (isSigned && random.below(2) === 1 ? -random.below(most + 1) : random.below(most + 1))
  const replace = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(replace)
    if (typeof value === 'number') return draw()
    if (typeof value === 'boolean') return random.below(2) === 1
    if (typeof value === 'string') return shuffled([...value], random).join('')
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replace(item)]))
  }
  return replace(json)
}

function numbersOf(json: unknown): readonly number[] {
  if (typeof json === 'number') return [json]
  return typeof json === 'object' && json !== null ? Object.values(json).flatMap(numbersOf) : []
}

function shuffled(items: readonly string[], random: BeaconRandom): readonly string[] {
  const left = [...items]
  return items.map(() => left.splice(random.below(left.length), 1)[0] as string)
}
