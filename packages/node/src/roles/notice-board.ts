/** A process has one notice; what its parts want their owner to look at stands in it side by side. */
export type NoticeBoard = {
  /** Tells for one part; empty text: no longer. */
  of(part: string): (text: string) => void
}

export function createNoticeBoard(notice: (text: string) => void): NoticeBoard {
  const texts = new Map<string, string>()
  return {
    of: (part) => (text) => {
      if ((texts.get(part) ?? '') === text) return
      texts.set(part, text)
      notice([...texts.values()].filter((one) => one !== '').join('; '))
    },
  }
}
