import { KoinonError } from '@koinon/base'
/** Definitions by term, in the order of the page. */
export function parseGlossary(markdown: string): Map<string, string> {
  const entries = new Map<string, string>()
  for (const match of markdown.matchAll(/^- \*\*(.+?)\*\*: (.+)$/gm)) {
    const [, term = '', definition = ''] = match
    if (entries.has(term))
      throw new KoinonError({ code: 'model/bad-data', message: `the glossary defines ${term} twice` })
    entries.set(term, definition.trim())
  }
  return entries
}
