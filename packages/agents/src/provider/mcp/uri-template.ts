/** Values of the `{name}` segments when `uri` is one of the template's, percent-decoded; undefined when it is not. */
export function matchTemplate(template: string, uri: string): Readonly<Record<string, string>> | undefined {
  const wanted = template.split('/')
  const given = uri.split('/')
  if (wanted.length !== given.length) return undefined
  const values: Record<string, string> = {}
  for (const [index, segment] of wanted.entries()) {
    const value = given[index] as string
    const name = /^\{(\w+)\}$/.exec(segment)?.[1]
    if (name === undefined && segment !== value) return undefined
    if (name === undefined) continue
    const decoded = percentDecoded(value)
    if (decoded === undefined || decoded === '') return undefined
    values[name] = decoded
  }
  return values
}

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
