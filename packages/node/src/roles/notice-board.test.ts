import { expect, it } from 'vitest'
import { createNoticeBoard } from './notice-board.ts'

it('shows what all parts of a process have to say, and forgets it part by part', () => {
  const told: string[] = []
  const board = createNoticeBoard((text) => void told.push(text))
  const [seat, signing] = [board.of('seat'), board.of('signing')]
  seat('')
  signing('signs no more')
  signing('signs no more')
  seat('is claimed')
  signing('')
  seat('')
  expect(told).toEqual(['signs no more', 'signs no more; is claimed', 'is claimed', ''])
})
