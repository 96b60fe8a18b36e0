import type { AgentContent, ListedService } from './almanac.ts'

const mostWords = 16

/** True when what an agent says of itself and its services has all the words, in any case; the first 16 count. */
export function hasWords(
  content: Pick<AgentContent, 'name' | 'description'> & {
    readonly services: readonly Pick<ListedService, 'name' | 'description'>[]
  },
  words: string,
): boolean {
  const { name, description, services } = content
  const said = [name, description, ...services.flatMap((service) => [service.name, service.description])]
  const text = said.join('\n').toLowerCase()
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean).slice(0, mostWords)
  return wanted.every((word) => text.includes(word))
}
