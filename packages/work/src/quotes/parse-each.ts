/** Items of a list that a stranger sent; what does not parse is left out, not believed. */
export function parseEach<value>(json: unknown, parse: (item: unknown) => value): readonly value[] {
  return (Array.isArray(json) ? json : []).flatMap((item) => {
    try {
      return [parse(item)]
    } catch {
      return []
    }
  })
}
