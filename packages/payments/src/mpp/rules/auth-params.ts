/** Lists of authentication schemes with parameters (RFC 9110 section 11.6.1). Linear in the length of the text. */

export type AuthScheme = {
  readonly name: string
  /** By lower-case name. A Map-less record without prototype: names come from outside. */
  readonly parameters: Readonly<Record<string, string>>
  /** A parameter came twice. */
  readonly isRepeating: boolean
}

type Draft = { name: string; parameters: Record<string, string>; isRepeating: boolean }

const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y
/** `Negotiate abc==` has one value without a name, which nobody here needs. */
const token68 = /[A-Za-z0-9._~+/-]+=*[ \t]*(?=,|$)/y
/** Values without quotes: tokens, and the base64 that some servers leave bare. */
const bareValue = /[!#$%&'*+.^_`|~0-9A-Za-z/:=-]+/y
const space = /[ \t]*/y
const separators = /[ \t,]*/y

/** Schemes in order; undefined when the text is none or a value is longer than `maximumValueLength`. */
export function readAuthSchemes(text: string, maximumValueLength: number): readonly AuthScheme[] | undefined {
  const schemes: Draft[] = []
  let at = match(separators, text, 0)
  while (at < text.length) {
    const nameEnd = match(token, text, at)
    if (nameEnd === at) return undefined
    const name = text.slice(at, nameEnd)
    const afterName = match(space, text, nameEnd)
    const current = schemes.at(-1)
    if (text[afterName] === '=' && current !== undefined) {
      const value = readValue(text, match(space, text, afterName + 1))
      if (value === undefined || value.text.length > maximumValueLength) return undefined
      keep(current, name.toLowerCase(), value.text)
      at = match(separators, text, value.end)
      if (value.end < text.length && at === value.end) return undefined
    } else {
      if (afterName < text.length && afterName === nameEnd && text[nameEnd] !== ',') return undefined
      schemes.push({ name, parameters: Object.create(null) as Record<string, string>, isRepeating: false })
      at = match(separators, text, match(token68, text, afterName))
    }
  }
  return schemes
}

function keep(scheme: Draft, name: string, value: string): void {
  if (name in scheme.parameters) scheme.isRepeating = true
  scheme.parameters[name] = value
}

function readValue(text: string, at: number): { readonly text: string; readonly end: number } | undefined {
  if (text[at] !== '"') {
    const end = match(bareValue, text, at)
    return end === at ? undefined : { text: text.slice(at, end), end }
  }
  let value = ''
  let from = at + 1
  for (let i = from; i < text.length; i++) {
    const character = text[i]
    if (character === '"') return { text: value + text.slice(from, i), end: i + 1 }
    if (character !== '\\') continue
    const code = /^u[0-9A-Fa-f]{4}$/.test(text.slice(i + 1, i + 6)) ? text.slice(i + 2, i + 6) : undefined
    value += text.slice(from, i) + (code === undefined ? (text[i + 1] ?? '') : String.fromCharCode(parseInt(code, 16)))
    i += code === undefined ? 1 : 5
    from = i + 1
  }
  return undefined
}

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}
