/** Characters that a terminal obeys, and those that turn the direction of the text after them. */
const controls = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu

/** Text of strangers on a terminal: escape sequences could rewrite the screen or the clipboard. */
export function withoutControls(text: string): string {
  return text.replace(controls, (character) => (character === '\t' ? ' ' : '\uFFFD'))
}

/** An answer as it comes in, in parts of any length: its lines and tabs stay. */
export function printableAnswer(text: string): string {
  return text.replaceAll('\r', '').replace(/(?![\n\t])\p{Cc}/gu, '\uFFFD')
}

/** JSON in one line: what JSON itself leaves of the control characters, as it would write the others. */
export function printableJson(json: string): string {
  return json.replace(/[\u007f-\u009f]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)
}

/** The same for several lines: their ends stay. */
export function printable(text: string): string {
  return text.split('\n').map(withoutControls).join('\n')
}
