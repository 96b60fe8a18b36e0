/** Text of strangers on a terminal: escape sequences could rewrite the screen or the clipboard. */
export function withoutControls(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => (character === '\t' ? ' ' : '\uFFFD'))
}

/** The same for several lines: their ends stay. */
export function printable(text: string): string {
  return text.split('\n').map(withoutControls).join('\n')
}
