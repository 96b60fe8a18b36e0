import { writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { temporaryHome } from '../testing/home.ts'
import type { Home } from './home.ts'
import { type LastAudit, readLastAudit, saveLastAudit } from './last-audit.ts'

let home: Home
let remove: () => void
beforeEach(() => {
  ;({ home, remove } = temporaryHome())
})
afterEach(() => remove())

const ledger = { chainId: 5, contracts: { epochs: '0xaa' } }
const audit: LastAudit = {
  ...{ atMs: 1_800_000_000_000, chainId: 5, epochsContract: '0xaa', block: 70 },
  ...{ agreed: 900, differs: 0, open: 2, contradicted: 0, unanswered: 9, outcome: 'open', isWhole: true },
}

describe('the last audit of a home', () => {
  it('is none until one was run, then the newest', () => {
    expect(readLastAudit(home, ledger)).toBeUndefined()
    saveLastAudit(home, { ...audit, block: 3 })
    saveLastAudit(home, audit)
    expect(readLastAudit(home, ledger)).toEqual(audit)
  })

  it('is never shown for another ledger', () => {
    saveLastAudit(home, audit)
    expect(readLastAudit(home, { ...ledger, chainId: 6 })).toBeUndefined()
    expect(readLastAudit(home, { ...ledger, contracts: { epochs: '0xbb' } })).toBeUndefined()
  })

  it("goes by the home's own network file where no ledger is named", () => {
    saveLastAudit(home, audit)
    expect(readLastAudit(home)).toBeUndefined()
    writeFileSync(home.networkFile, JSON.stringify(ledger))
    expect(readLastAudit(home)).toEqual(audit)
  })

  it.each(['', '{}', 'null', '{"v":2}', JSON.stringify({ v: 2, ...audit, outcome: 'fine' })])(
    'is none where the file says %j',
    (text) => {
      writeFileSync(home.lastAudit, text)
      expect(readLastAudit(home, ledger)).toBeUndefined()
    },
  )
})
