import type { CustomBatchingPrioritizationStrategy, PrioritizedBatchItem } from 'node-llama-cpp'

/**
 * Shares the places of one evaluation among sequences in even numbers only (specs/0006 section 3). llama.cpp cuts a batch
 * of several sequences into pieces of equal length; when all lengths are even, so are all differences, and no piece of one
 * token - which would take another attention kernel with other rounding - can arise.
 *
 * First every item gets 2 places in order (a decode step is exactly 2), then the rest goes out evenly, the oldest first.
 */
export const shareEvenly: CustomBatchingPrioritizationStrategy = ({ items, size }) => {
  let free = size - (size % 2)
  const shares: PrioritizedBatchItem[] = []
  for (const item of items) {
    if (item.tokens.length % 2 !== 0) throw new Error(`a slice of ${item.tokens.length} tokens is not even`)
    if (free === 0) break
    shares.push({ item, processAmount: 2 })
    free -= 2
  }
  let hungry = shares.filter(isHungry)
  while (free > 0 && hungry.length > 0) {
    const equalPart = Math.max(2, Math.floor(free / hungry.length / 2) * 2)
    for (const share of hungry) {
      const more = Math.min(equalPart, free, share.item.tokens.length - share.processAmount)
      share.processAmount += more
      free -= more
    }
    hungry = hungry.filter(isHungry)
  }
  return shares
}

function isHungry(share: PrioritizedBatchItem): boolean {
  return share.processAmount < share.item.tokens.length
}
