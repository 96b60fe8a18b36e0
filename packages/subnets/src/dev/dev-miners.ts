/** The miners of `koinon subnet dev`: three run the file's baseline, two do not do the work. */
import type { BeaconRandom } from '../rules/beacon-random.ts'

/** `garbage` sends answers of the right form with random content; `copier` sends again what an honest miner's record of the last epoch shows. */
export type Play = 'honest' | 'garbage' | 'copier'

export const plays: readonly Play[] = ['honest', 'honest', 'honest', 'garbage', 'copier']

/** The same form with random content: numbers up to twice their size, texts shuffled, truths tossed. Takes and gives JSON. */
export function garbageOf(json: unknown, random: BeaconRandom): unknown {
  if (Array.isArray(json)) return json.map((item) => garbageOf(item, random))
  if (typeof json === 'number') return garbageNumber(json, random)
  if (typeof json === 'boolean') return random.below(2) === 1
  if (typeof json === 'string') return shuffled([...json], random).join('')
  if (typeof json !== 'object' || json === null) return json
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, garbageOf(value, random)]))
}

function garbageNumber(value: number, random: BeaconRandom): number {
  const size = random.below(Math.min(2 * Math.ceil(Math.abs(value)) + 2, Number.MAX_SAFE_INTEGER))
  return value < 0 ? -size : size
}

function shuffled(items: readonly string[], random: BeaconRandom): readonly string[] {
  const left = [...items]
  return items.map(() => left.splice(random.below(left.length), 1)[0] as string)
}
