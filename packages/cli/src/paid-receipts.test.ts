import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openHome } from '@koinon/node/home'
import { expect, it } from 'vitest'
import { listPaidReceipts } from './paid-receipts.ts'

it('passes over a receipt that is gone by the time it is looked at', () => {
  const home = openHome(mkdtempSync(join(tmpdir(), 'koinon-receipts-')))
  const folder = join(home.path, 'payer', 'receipts')
  mkdirSync(folder, { recursive: true })
  symlinkSync(join(folder, 'gone'), join(folder, `${'ab'.repeat(16)}.json`))
  expect(listPaidReceipts(home, 5)).toEqual([])
  rmSync(home.path, { recursive: true, force: true })
})
