import { visibleText } from '@koinon/agents/rules'

/** Text of strangers for page and command line: what nobody would see is written out, and it is cut after `most` characters. */
export function shownText(text: string, most: number): string {
  const visible = visibleText(text.slice(0, most)).replaceAll('\t', ' ')
  const cut = visible.slice(0, most)
  return text.length > most || visible.length > most ? `${cut} …` : cut
}

/** The same on one line. */
export function shownLine(text: string, most: number): string {
  return shownText(text.replaceAll(/\s*\n\s*/g, ' '), most)
}
