import { expect, test } from 'vitest'
import { newLinkSentence, refusalSentence } from './door-words.ts'

test('says why the door is shut, and what to type', () => {
  expect(refusalSentence('link')).toMatch(/already used.*earlier start/)
  expect(refusalSentence('ended')).toMatch(/signed out.*started anew/)
  expect(newLinkSentence).toMatch(/`koinon status`.*`--home DIR`/)
})
