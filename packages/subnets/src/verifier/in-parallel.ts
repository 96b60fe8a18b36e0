/** Maps with at most `width` running at once; results in the order of the items. Rejects with the first error after all have ended. */
export async function inParallel<item, value>(
  items: readonly item[],
  width: number,
  work: (item: item) => Promise<value>,
): Promise<readonly value[]> {
  const results = Array.from<value>({ length: items.length })
  const errors: unknown[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < items.length && errors.length === 0) {
      const index = next++
      try {
        results[index] = await work(items[index] as item)
      } catch (error) {
        errors.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, Math.min(width, items.length)) }, worker))
  if (errors.length > 0) throw errors[0]
  return results
}
