import { sha256Hex } from '@koinon/base'
import { describe, expect, test } from 'vitest'
import { FakeState } from '../../dev/fake-state.ts'
import { mergeReceipts } from './receipt-rows.ts'

describe('mergeReceipts', () => {
  const { records } = new FakeState(() => 1_800_000_000_000)
  const summaries = records.map((record) => record.summary)

  test('shows one row an id, newest first, with the audits of the gateway', () => {
    const kept = records.slice(0, 2).map((record) => ({ id: record.summary.id, atMs: 1, bundle: record.bundle }))
    const rows = mergeReceipts([...summaries].reverse(), kept)
    expect(rows.map((row) => row.id)).toEqual(summaries.map((summary) => summary.id))
    expect(rows[0]?.checkedBy).toEqual(summaries[0]?.checkedBy)
  })

  test('knows an id again when the gateway writes it with 0x', () => {
    const [record] = records
    const id = record?.summary.id as string
    const listed = summaries.map((summary) => ({ ...summary, id: `0x${summary.id}` }))
    const rows = mergeReceipts(listed, [{ id, atMs: 1, bundle: record?.bundle }])
    expect(rows).toHaveLength(summaries.length)
    expect(rows.every((row) => /^[0-9a-f]{32}$/.test(row.id))).toBe(true)
  })

  test('marks those whose bytes this browser hashed', () => {
    const [record] = records
    const kept = [{ id: record?.summary.id as string, atMs: 1, bundle: record?.bundle, responseHash: sha256Hex('x') }]
    const rows = mergeReceipts(summaries, kept)
    expect(rows.filter((row) => row.isHere).map((row) => row.id)).toEqual([record?.summary.id])
  })

  test('still shows receipts of this browser when the gateway lists none', () => {
    const [record] = records
    const rows = mergeReceipts([], [{ id: record?.summary.id as string, atMs: 1, bundle: record?.bundle }])
    expect(rows).toMatchObject([
      { amountPicoUsd: record?.summary.amountPicoUsd, provider: record?.summary.provider, checkedBy: [] },
    ])
  })
})
