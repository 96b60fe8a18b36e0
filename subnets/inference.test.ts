import {
  createSessionSigner,
  type Hex,
  secretKeyToAddress,
  sha256Hex,
  signDigest,
  utf8ToBytes,
  verifySession,
  zeroHash,
} from '@koinon/base'
import { amountOf, hashStops, hashTokenIds, inferenceWorkType } from '@koinon/inference/rules'
import { checkEvidenceLog, type MinerEvidence, scoreEpoch, type WorkEvidence } from '@koinon/subnets'
import {
  bundleToJson,
  emptySession,
  receiptType,
  type SignedReceipt,
  sessionDelegationDigest,
  signReceiptBatch,
} from '@koinon/work'
import { describe, expect, it } from 'vitest'
import { inferenceSubnet } from './inference.ts'

const chainId = 31_338
const window = { startsAtSeconds: 1_800_000_000, endsAtSeconds: 1_800_003_600 }
const answeredAtMs = 1_800_000_100_000

describe('inferenceSubnet.verify', () => {
  it('passes an honest answer on paper and says that nobody replayed it', async () => {
    const { checks, facts } = await verify(setup())
    expect(checks.filter(({ state }) => state === 'fail')).toEqual([])
    expect(checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['receipt', 'epoch', 'signature', 'delegation', 'response', 'amount', 'evidence']),
    )
    expect(facts).toEqual({ isComplete: 1, outputTokens: 2 })
  })

  it.each([
    ['response', 'another answer than was signed', { response: '{"choices":[{"message":{"content":"other"}}]}' }],
    ['evidence', 'other tokens than were signed', { outputTokenIds: [1, 2] }],
    ['amount', 'a wrong price', { amountPicoUsd: 5n }],
    ['epoch', 'work of another epoch', { endedAtMs: window.endsAtSeconds * 1000 }],
  ] as const)('fails "%s" for %s', async (name, _, changes) => {
    const { checks } = await verify(setup(changes))
    expect(checks.filter(({ state }) => state === 'fail').map((check) => check.name)).toEqual([name])
  })

  it('fails "receipt" when the evidence is for another receipt or another miner', async () => {
    const answer = setup()
    for (const changes of [{ receiptHash: zeroHash }, { hotkey: `0x${'99'.repeat(20)}` as const }]) {
      const { checks } = await verify({ ...answer, context: { ...answer.context, ...changes } })
      expect(checks.filter(({ state }) => state === 'fail').map(({ name }) => name)).toEqual(['receipt'])
    }
  })

  it('holds a question of its own against its own bytes and clock', async () => {
    const answer = setup()
    const own = {
      requestHash: answer.requestHash,
      responseHash: answer.responseHash,
      firstByteMs: 100,
      totalMs: 200,
      receivedAtMs: answeredAtMs + 5,
    }
    const probe = (ownCopy: object) => verify({ ...answer, context: { ...answer.context, source: 'probe', ownCopy } })
    const honest = await probe(own)
    expect(honest.checks.filter(({ state }) => state === 'fail')).toEqual([])
    expect(honest.facts).toEqual({ isComplete: 1, outputTokens: 2, firstByteMs: 100, milliTokensPerSecond: 20_000 })
    const late = await probe({ ...own, receivedAtMs: answeredAtMs + 60_201 })
    expect(late.checks.filter(({ state }) => state === 'fail').map(({ name }) => name)).toEqual(['clock'])
    // In epochs of a minute a miner could otherwise move its work to an epoch whose list is closed.
    const short = { startsAtSeconds: window.startsAtSeconds + 60, endsAtSeconds: window.startsAtSeconds + 120 }
    for (const [distanceMs, failed] of [
      [6_199, []],
      [6_201, ['clock']],
      [-5_999, []],
      [-6_001, ['clock']],
    ] as const) {
      const ownCopy = { ...own, receivedAtMs: answeredAtMs + distanceMs }
      const moved = await verify({ ...answer, context: { ...answer.context, source: 'probe', window: short, ownCopy } })
      expect(moved.checks.filter(({ state }) => state === 'fail').map(({ name }) => name)).toEqual(failed)
    }
    // A validator that reads late blames nobody for it.
    const slow = await probe({ ...own, totalMs: 90_000, receivedAtMs: answeredAtMs + 80_000 })
    expect(slow.checks.filter(({ state }) => state === 'fail')).toEqual([])
    const swapped = await probe({ ...own, responseHash: zeroHash })
    expect(swapped.checks.filter(({ state }) => state === 'fail').map(({ name }) => name)).toEqual(['ownBytes'])
  })

  it('refuses what is no evidence before anything is checked', () => {
    for (const json of [
      null,
      {},
      { bundle: { v: 1, hops: [] } },
      { ...setup().json, responseBase64: '!' },
      { ...setup().json, kind: 'other' },
    ]) {
      expect(inferenceSubnet.response.safeParse(json).success).toBe(false)
    }
  })
})

describe('inferenceSubnet.score', () => {
  it('gives nothing for the epoch after any failed check, and names it', () => {
    const cheat = miner(1, [
      work(),
      { ...work(), checks: [{ name: 'tokens', state: 'fail', detail: 'token 7 differs' }] },
    ])
    expect(score(cheat)).toEqual({
      scorePpm: 0,
      reasons: ['Nothing for this epoch: the check "tokens" failed (token 7 differs).'],
    })
    const hider = { ...miner(1, [work()]), checks: [{ name: 'list', state: 'fail', detail: 'no answer' } as const] }
    expect(score(hider).scorePpm).toBe(0)
  })

  it('does not punish what nobody checked, and says so', () => {
    const open = miner(1, [{ ...work(), checks: [{ name: 'tokens', state: 'notChecked', detail: 'no engine' }] }])
    expect(score(open)).toEqual(
      score(miner(1, [{ ...work(), checks: [] }]), 'All checks of 1 answers held; not checked: tokens.'),
    )
  })

  it('pays nothing for what a replaying validator cannot replay, and does not take it as the measure of speed', () => {
    const fast = { firstByteMs: 1, milliTokensPerSecond: 9_000_000 }
    const foreign = miner(1, [work({ isReplayable: 0, ...fast }), work({ isReplayable: 0 })])
    const result = score(foreign)
    expect(result.scorePpm).toBe(0)
    expect(result.reasons[1]).toBe(
      '0 of 2 answers count in full; 2 are of another model file or class than can be replayed here.',
    )
    const honest = miner(2, [work({ isReplayable: 1, firstByteMs: 100, milliTokensPerSecond: 1_000 })])
    const peers = [honest, foreign, { ...foreign, uid: 3 }, { ...foreign, uid: 4 }]
    expect(inferenceSubnet.score(honest, { netuid: 1, epoch: 1, peers }).scorePpm).toBe(960_000)
  })

  it('takes no receipts of a miner with itself for answers to others', () => {
    const own = [work(), work(), work()]
    expect(score({ ...miner(1, own), probesAsked: 2 }).scorePpm).toBe(0)
    const half = { ...miner(1, [...own, work({ firstByteMs: 100, milliTokensPerSecond: 1_000 })]), probesAsked: 2 }
    expect(score(half).scorePpm).toBe(480_000)
  })

  it('leaves out of the count what a payer broke off', async () => {
    const { facts } = await verify(setup({ finishReason: 'abort' }))
    expect(facts).toEqual({ outputTokens: 2 })
  })

  it('gives nothing to a miner that showed nothing', () => {
    expect(score(miner(1, []))).toEqual({
      scorePpm: 0,
      reasons: ['Nothing to score: it committed no work and no question of ours reached it.'],
    })
    expect(score({ ...miner(1, []), probesAsked: 2 }).reasons[0]).toBe(
      'Nothing to score: it committed no work and 2 of our questions got no answer.',
    )
  })

  it('counts broken-off answers and unanswered questions as bad quality', () => {
    const whole = score(miner(1, [work(), work()])).scorePpm
    expect(whole).toBe(960_000)
    expect(score(miner(1, [work(), work({ isComplete: 0 })])).scorePpm).toBe(whole / 2)
    const probe = { firstByteMs: 100, milliTokensPerSecond: 1_000 }
    expect(score({ ...miner(1, [work(), work(probe)]), probesAsked: 2 }).scorePpm).toBe(whole / 2)
    expect(score(miner(1, [work(), work({ ...probe, isComplete: 0 })])).scorePpm).toBe(0)
  })

  it('moves a fifth of the score by speed, and cannot be gamed by being absurdly fast', () => {
    const timed = (uid: number, firstByteMs: number, rate: number): MinerEvidence =>
      miner(uid, [work({ firstByteMs, milliTokensPerSecond: rate })])
    const peers = [timed(1, 100, 50_000), timed(2, 100, 50_000), timed(3, 1, 50_000_000), timed(4, 10_000, 500)]
    const of = (index: number): number =>
      inferenceSubnet.score(peers[index] as MinerEvidence, { netuid: 1, epoch: 1, peers }).scorePpm
    expect([of(0), of(1), of(2)]).toEqual([960_000, 960_000, 1_000_000])
    expect(of(3)).toBeGreaterThanOrEqual(800_000)
    expect(of(3)).toBeLessThan(805_000)
  })

  it('measures speed against honest miners only', () => {
    const timed = (uid: number, firstByteMs: number, checks: WorkEvidence['checks'] = []): MinerEvidence =>
      miner(uid, [{ ...work({ firstByteMs, milliTokensPerSecond: 1_000 }), checks }])
    const cheats = [2, 3, 4].map((uid) => timed(uid, 1, [{ name: 'tokens', state: 'fail', detail: '' }]))
    const honest = timed(1, 100)
    expect(inferenceSubnet.score(honest, { netuid: 1, epoch: 1, peers: [honest, ...cheats] }).scorePpm).toBe(960_000)
  })

  it('can be recomputed from the log by anybody', () => {
    const miners = [miner(1, [work()]), miner(2, [])]
    const specHash = inferenceSubnet.specHash(sha256Hex('source'))
    const { scores, row } = scoreEpoch(inferenceSubnet, { netuid: 1, epoch: 3 }, miners, new Map())
    const log = {
      v: 1,
      netuid: 1,
      epoch: 3,
      validator: `0x${'aa'.repeat(20)}`,
      specHash,
      beacon: zeroHash,
      miners,
      scores,
      row,
    } as const
    const states = (value: typeof log) =>
      checkEvidenceLog(inferenceSubnet as never, specHash, value).map(({ state }) => state)
    expect(states(log)).toEqual(['pass', 'pass', 'pass'])
    expect(states({ ...log, scores: [{ ...scores[0], scorePpm: 1 } as never, scores[1] as never] })).toEqual([
      'pass',
      'fail',
      'pass',
    ])
    expect(states({ ...log, row: '0x00010001' as never })).toEqual(['pass', 'pass', 'fail'])
  })
})

describe('inferenceSubnet.audit', () => {
  const token: Hex = `0x${'d0'.repeat(20)}`
  const { receipt, context, listed } = (() => {
    const answer = setup()
    const parsed = inferenceSubnet.response.parse(answer.json)
    const own = (parsed.bundle.hops[0] as SignedReceipt).receipt
    const line = {
      requestId: own.requestId,
      receiptHash: receiptType.hash(own),
      receipt: JSON.parse(JSON.stringify(receiptType.toJson(own))) as unknown,
    }
    return { receipt: own, context: answer.context, listed: [line] }
  })()
  const paid = { payer: receipt.payer, receiver: receipt.payee, token, mostDepositedAtomic: 1n }

  async function audit(channel: typeof paid | undefined | Error, memory?: unknown) {
    const find = async (ids: readonly Hex[]) => {
      if (channel instanceof Error) throw channel
      return new Map(channel === undefined ? [] : ids.map((id) => [id, channel] as const))
    }
    const list = inferenceSubnet.audit?.(
      { hotkey: context.hotkey, netuid: 1, epoch: 1, window: context.window, memory },
      { chainId, verifySession, channels: { token, find } },
    )
    list?.add(listed)
    const { checks, memory: left } = (await list?.finish(AbortSignal.timeout(10_000))) ?? { checks: [] }
    return {
      failed: checks.filter(({ state }) => state === 'fail').map(({ name }) => name),
      open: checks.filter(({ state }) => state === 'notChecked').map(({ name }) => name),
      left,
    }
  }

  it('passes a list whose payer has paid in what was billed, and remembers where it ended', async () => {
    const { failed, open, left } = await audit(paid)
    expect([failed, open]).toEqual([[], []])
    expect(left).toEqual({
      sessions: [[receipt.sessionKey, 0, listed[0]?.receiptHash]],
      channels: [[receipt.channelId, `${receipt.cumulativePicoUsd}`]],
    })
    // The same list again does not go on where the last one ended.
    expect((await audit(paid, left)).failed).toEqual(['links'])
  })

  it.each([
    ['was never opened', undefined],
    ['is of another payer', { ...paid, payer: `0x${'02'.repeat(20)}` as const }],
    ['pays somebody else', { ...paid, receiver: `0x${'03'.repeat(20)}` as const }],
    ['holds worthless tokens', { ...paid, token: `0x${'04'.repeat(20)}` as const }],
    ['never held what was billed', { ...paid, mostDepositedAtomic: 0n }],
  ])('fails "channels" for a channel that %s', async (_, channel) => {
    expect((await audit(channel)).failed).toEqual(['channels'])
  })

  it('says that nobody looked at channels when the ledger is away or not followed', async () => {
    expect(await audit(new Error('away'))).toMatchObject({ failed: [], open: ['channels'] })
    const list = inferenceSubnet.audit?.(
      { hotkey: context.hotkey, netuid: 1, epoch: 1, window: context.window, memory: undefined },
      { chainId, verifySession },
    )
    list?.add(listed)
    const { checks } = (await list?.finish(AbortSignal.timeout(10_000))) ?? { checks: [] }
    expect(checks.find(({ name }) => name === 'channels')?.state).toBe('notChecked')
  })

  it('starts anew from a memory that is none', async () => {
    expect((await audit(paid, 'nonsense')).failed).toEqual([])
  })
})

describe('inferenceSubnet.probe', () => {
  it('asks valid questions that differ', () => {
    const ask = (byte: number) =>
      inferenceSubnet.probe?.(() => Uint8Array.from({ length: 8 }, (_, i) => byte * 31 + i * 7), {
        hotkey: `0x${'11'.repeat(20)}`,
        netuid: 1,
        epoch: 1,
      })
    const tasks = Array.from({ length: 50 }, (_, byte) => inferenceSubnet.task.parse(ask(byte)))
    expect(new Set(tasks.map((task) => JSON.stringify(task))).size).toBeGreaterThan(40)
  })
})

function score(evidence: MinerEvidence, firstReason?: string) {
  const result = inferenceSubnet.score(evidence, { netuid: 1, epoch: 1, peers: [evidence] })
  return firstReason === undefined ? result : { ...result, reasons: [firstReason, ...result.reasons.slice(1)] }
}

function miner(uid: number, items: readonly WorkEvidence[]): MinerEvidence {
  const probes = items.filter(({ source }) => source === 'probe').length
  const hotkey: Hex = `0x${uid.toString(16).padStart(40, '0')}`
  return {
    uid,
    hotkey,
    committedCount: items.length || undefined,
    checks: [],
    work: items,
    probesAsked: probes,
    probesAnswered: probes,
  }
}

function work(facts: Record<string, number> = {}): WorkEvidence {
  const source = facts['firstByteMs'] === undefined ? 'sample' : 'probe'
  return {
    source,
    requestId: `0x${'0f'.repeat(16)}`,
    receiptHash: zeroHash,
    checks: [],
    facts: { isComplete: 1, outputTokens: 2, ...facts },
  }
}

type Answer = ReturnType<typeof setup>

async function verify({ json, context }: Answer) {
  return inferenceSubnet.verify(inferenceSubnet.response.parse(json), context, { chainId, verifySession })
}

/** A signed answer as a provider shows it; changes are made to what is shown or signed. */
function setup(
  changes: {
    response?: string
    outputTokenIds?: readonly number[]
    amountPicoUsd?: bigint
    endedAtMs?: number
    finishReason?: string
  } = {},
) {
  const secret = new Uint8Array(32).fill(5)
  const hotkey = secretKeyToAddress(secret)
  const signer = createSessionSigner(new Uint8Array(32).fill(6))
  const plain = {
    chainId,
    signer: hotkey,
    sessionKey: signer.publicKey,
    validFrom: 1_700_000_000,
    validUntil: 4_000_000_000,
  }
  const delegation = { ...plain, signature: signDigest(sessionDelegationDigest(plain), secret) }
  const request = '{"model":"demo","messages":[{"role":"user","content":"Hi"}],"max_tokens":16}'
  const response = '{"choices":[{"message":{"content":"Hello"}}]}'
  const done = {
    model: 'demo',
    modelManifest: sha256Hex('model'),
    determinismClass: sha256Hex('class'),
    samplerVersion: 1,
    samplerTemperatureMicro: 0,
    samplerTopPMicro: 1_000_000,
    samplerTopK: 0,
    samplerSeed: 7n,
    maxTokens: 16,
    stopHash: hashStops([]),
    finishReason: changes.finishReason ?? 'stop',
    promptTokensHash: hashTokenIds([1, 2, 3]),
    outputTokensHash: hashTokenIds([9, 7]),
    promptTokens: 3,
    cachedTokens: 0,
    outputTokens: 2,
    promptPricePicoUsdPerToken: 50_000n,
    outputPricePicoUsdPerToken: 200_000n,
  }
  const amountPicoUsd = changes.amountPicoUsd ?? amountOf(done, done)
  const endedAtMs = changes.endedAtMs ?? answeredAtMs
  const requestHash = sha256Hex(utf8ToBytes(request))
  const responseHash = sha256Hex(utf8ToBytes(response))
  const receipt = {
    version: 1,
    chainId,
    kind: 'inference',
    requestId: `0x${'0f'.repeat(16)}`,
    payer: `0x${'01'.repeat(20)}`,
    payee: hotkey,
    channelId: zeroHash,
    upstreamReceipt: zeroHash,
    requestHash,
    responseHash,
    workHash: inferenceWorkType.hash(done as never),
    amountPicoUsd,
    cumulativePicoUsd: amountPicoUsd,
    receivedAtMs: endedAtMs - 50,
    firstByteAtMs: endedAtMs - 40,
    endedAtMs,
    rung: 2,
    attestation: zeroHash,
  } as const
  const { signed } = signReceiptBatch([{ receipt, work: inferenceWorkType.toJson(done as never) }], emptySession, {
    signer,
    delegation,
  })
  const hop = signed[0] as NonNullable<(typeof signed)[0]>
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  return {
    requestHash,
    responseHash,
    json: {
      kind: 'chat',
      requestBase64: base64(request),
      responseBase64: base64(changes.response ?? response),
      promptTokenIds: [1, 2, 3],
      outputTokenIds: changes.outputTokenIds ?? [9, 7],
      sampler: { temperatureMicro: 0, topPMicro: 1_000_000, topK: 0, seed: '7' },
      stop: [],
      maxTokens: 16,
      finishReason: 'stop',
      bundle: bundleToJson({ v: 1, hops: [hop] }),
    },
    context: {
      hotkey,
      receiptHash: receiptType.hash(hop.receipt),
      source: 'sample' as 'sample' | 'probe',
      window,
      ownCopy: undefined as unknown,
      signal: AbortSignal.timeout(30_000),
    },
  }
}
