import { bytesToHex, type Hex, sha256Hex } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { failedCheckNames, type WorkItem, workCommitmentOf, workPage } from '../rules/index.ts'
import { type DigestEvidence, digestReceiptHash, digestSubnet } from '../testing/digest-subnet.ts'
import { assessMiners } from './assess.ts'
import type { MinerPort } from './ports.ts'

const hotkey: Hex = `0x${'a1'.repeat(20)}`
const window = { startsAt: 100, endsAt: 200, workCommitEndsAt: 210, weightCommitEndsAt: 230, revealEndsAt: 240 }

describe('assessMiners', () => {
  it('samples what the beacon says and passes honest work', async () => {
    const world = setup(20)
    const [miner] = await world.assess()
    expect(miner?.work).toHaveLength(4)
    expect(failedCheckNames(miner as never)).toEqual([])
    expect((await world.assess())[0]).toEqual(miner)
    const other = (await world.assess({ beacon: `0x${'02'.repeat(32)}` }))[0]
    expect(other?.work.map(({ receiptHash }) => receiptHash)).not.toEqual(
      miner?.work.map(({ receiptHash }) => receiptHash),
    )
  })

  it('reads long lists page by page', async () => {
    const world = setup(25)
    const pages: number[] = []
    const miners: MinerPort = {
      ...world.miners,
      workPage: async (_peer, page) => {
        pages.push(page.offset)
        return workPage(world.items, { ...page, limit: 10 })
      },
    }
    const [miner] = await world.assess({}, miners)
    expect(pages).toEqual([0, 10, 20])
    expect(failedCheckNames(miner as never)).toEqual([])
  })

  it.each<[string, string, (world: World) => Partial<MinerPort>]>([
    [
      'a list with a piece swapped',
      'list',
      ({ items }) => ({
        workPage: async (_, page) => workPage([...items.slice(1), item('other')], { ...page, limit: 99 }),
      }),
    ],
    [
      'a list that is too short',
      'list',
      ({ items }) => ({ workPage: async (_, page) => workPage(items.slice(1), { ...page, limit: 99 }) }),
    ],
    [
      'a list that never ends',
      'list',
      ({ items }) => ({ workPage: async () => ({ count: 6, receipts: items.concat(items) }) }),
    ],
    ['garbage for a list', 'list', () => ({ workPage: async () => ({ receipts: 'none' }) })],
    ['no list at all', 'list', () => ({ workPage: async () => undefined })],
    ['evidence withheld', 'evidence', () => ({ evidence: () => Promise.reject(new Error('connection refused')) })],
    ['evidence denied', 'evidence', () => ({ evidence: async () => undefined })],
    ['evidence that is no evidence', 'evidence', () => ({ evidence: async () => ({ text: 5 }) })],
    [
      'evidence of something else',
      'receipt',
      () => ({ evidence: async () => ({ text: 'z', digest: sha256Hex('z') }) }),
    ],
  ])('fails %s', async (_, name, changes) => {
    const world = setup(6)
    const [miner] = await world.assess({}, { ...world.miners, ...changes(world) })
    expect(failedCheckNames(miner as never)).toEqual([name])
  })

  it('asks three times before it calls evidence withheld', async () => {
    const world = setup(1)
    let asked = 0
    const evidence: MinerPort['evidence'] = (...question) =>
      ++asked < 3 ? Promise.reject(new Error('lost')) : world.miners.evidence(...question)
    const [miner] = await world.assess({}, { ...world.miners, evidence })
    expect([asked, failedCheckNames(miner as never)]).toEqual([3, []])
  })

  it('blames nobody for what it had no time for', async () => {
    const world = setup(6)
    const stop = new AbortController()
    const evidence: MinerPort['evidence'] = async () => {
      stop.abort()
      throw new Error('broken off')
    }
    const [miner] = await world.assess({}, { ...world.miners, evidence }, stop.signal)
    expect(failedCheckNames(miner as never)).toEqual([])
    expect(miner?.work.flatMap(({ checks }) => checks.map(({ name, state }) => `${name} ${state}`))).toEqual(
      Array(4).fill('evidence notChecked'),
    )
  })

  it('blames nobody for its own failure to verify', async () => {
    const world = setup(1)
    const subnet = { ...digestSubnet, verify: () => Promise.reject(new Error('no engine')) }
    const [miner] = await world.assess({}, world.miners, undefined, subnet)
    expect(miner?.work[0]?.checks).toEqual([
      { name: 'evidence', state: 'notChecked', detail: 'this validator could not check it: no engine' },
    ])
  })

  it('fails "committed" for an own question that a miner without any commitment left out', async () => {
    const world = setup(1)
    const answer = { ...(world.items[0] as WorkItem), endedAtMs: 150_000, ownCopy: null }
    const probes = [
      { hotkey, answer },
      { hotkey, answer: undefined },
    ]
    const [hidden] = await world.assess({ commitments: [], probes })
    expect([failedCheckNames(hidden as never), hidden?.probesAsked, hidden?.probesAnswered]).toEqual([
      ['committed'],
      2,
      1,
    ])
    const [listed] = await world.assess({ probes })
    expect(failedCheckNames(listed as never)).toEqual([])
    expect(listed?.work).toHaveLength(1)
  })

  it('shows an empty seat as empty', async () => {
    const [miner] = await setup(0).assess({ commitments: [], endpoints: [] })
    expect(miner).toEqual({
      uid: 3,
      hotkey,
      committedCount: undefined,
      checks: [],
      work: [],
      probesAsked: 0,
      probesAnswered: 0,
    })
  })

  it('cuts hostile detail short', async () => {
    const world = setup(1)
    const long = { text: 'x'.repeat(50_000), digest: 'wrong' }
    const [miner] = await world.assess({}, { ...world.miners, evidence: async () => long })
    for (const { detail } of miner?.work.flatMap(({ checks }) => checks) ?? [])
      expect(detail.length).toBeLessThanOrEqual(1_001)
  })
})

type World = ReturnType<typeof setup>

function item(text: string): WorkItem & { readonly evidence: DigestEvidence } {
  const evidence = { text, digest: sha256Hex(text) }
  return { receiptHash: digestReceiptHash(evidence), requestId: sha256Hex(text).slice(0, 34) as Hex, evidence }
}

function setup(count: number) {
  const items = Array.from({ length: count }, (_, index) => item(`work ${index}`))
  const miners: MinerPort = {
    workPage: async (_peer, page) => workPage(items, { ...page, limit: 10_000 }),
    evidence: async (_peer, requestId) => items.find((entry) => entry.requestId === requestId)?.evidence,
  }
  const epoch = {
    epoch: 5,
    window,
    beacon: bytesToHex(new Uint8Array(32).fill(1)),
    seats: [{ uid: 3, hotkey }],
    endpoints: [{ uid: 3, hotkey, endpoint: 'http://127.0.0.1:1' }],
    commitments: [{ hotkey, uid: 3, ...workCommitmentOf(items) }],
    probes: [],
  }
  return {
    items,
    miners,
    assess: (
      changes: Partial<Parameters<typeof assessMiners>[1]> = {},
      port: MinerPort = miners,
      signal = new AbortController().signal,
      subnet: typeof digestSubnet = digestSubnet,
    ) =>
      assessMiners(
        { netuid: 1, subnet, miners: port, verifyPorts: { none: true } },
        { ...epoch, ...changes },
        2,
        signal,
      ),
  }
}
