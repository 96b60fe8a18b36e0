/**
 * The inference subnet: miners answer chat requests of paying users, validators check what was signed.
 *
 * honesty   any failed check of the whole list of receipts, of a sampled one or of an own question: nothing for the epoch, and the check's
 *           name says why
 * quality   share of own questions answered to a proper end, times the share of samples that came to one; where the validator has an
 *           engine, only answers that it could replay count: what nobody can check earns fees from its payers, but no emission
 * speed     first byte and tokens a second of own questions against the median of honest miners; a fifth of the score, and more than
 *           a quarter above the median gives nothing. What a miner says about its own speed counts nothing.
 */
import { type Address, atomicToPicoUsd, type Hex, type VerifySession } from '@koinon/base'
import { readInferenceWork } from '@koinon/inference/rules'
import { type AnswerEngine, parseAnswerEvidence, verifyAnswer } from '@koinon/inference/verifier'
import {
  failedCheckNames,
  type MinerEvidence,
  type MinerScore,
  maximumScorePpm,
  subnetFromDefinition,
  type VerifyContext,
  type WorkEvidence,
} from '@koinon/subnets'
import {
  type BilledChannel,
  type Check,
  checkThat,
  notChecked,
  parseBundle,
  parseReceiptListMemory,
  ReceiptListAudit,
  receiptType,
  type SignedReceipt,
} from '@koinon/work'
import { z } from 'zod'

const parameters = {
  /** Receipts looked at per miner and epoch. */
  samples: 3,
  /** Weight of speed in the score, and the multiple of the median above which faster gives nothing; both in millionths. */
  speedWeightPpm: 200_000,
  speedCapPpm: 1_250_000,
  /** How far a miner's clock may be from ours on a question of our own: a tenth of an epoch, within these bounds. */
  clockToleranceMs: 60_000,
  leastClockToleranceMs: 5_000,
} as const

/** Which of these channels were ever opened on the ledger; `token` is what users pay with. */
export type ChannelsPort = {
  readonly token: Address
  find(channelIds: readonly Hex[]): Promise<
    ReadonlyMap<
      Hex,
      {
        readonly payer: Address
        readonly receiver: Address
        readonly token: Address
        readonly mostDepositedAtomic: bigint
      }
    >
  >
}

/** What a validator of this subnet brings along. Without an engine answers are checked on paper (L0) only. */
export type InferencePorts = {
  readonly chainId: number
  readonly verifySession: VerifySession
  readonly engine?: AnswerEngine
  /** Without it nobody looks whether payers exist. */
  readonly channels?: ChannelsPort
}

const hash = z.custom<Hex>((value) => typeof value === 'string' && /^0x[0-9a-f]{64}$/.test(value))

/** What a validator keeps of its own question: hashes of the bytes it sent and received, and times by its own clock. */
export const inferenceOwnCopy = z.object({
  requestHash: hash,
  responseHash: hash,
  firstByteMs: z.int().min(0),
  totalMs: z.int().min(0),
  receivedAtMs: z.int().min(0),
})

const task = z.object({
  messages: z.array(z.object({ role: z.enum(['system', 'user']), content: z.string() })).min(1),
  max_tokens: z.int().min(1),
  temperature: z.number(),
  seed: z.int().min(0),
})
export type InferenceTask = z.infer<typeof task>

/** `GET /v1/evidence/{id}` of a provider (specs/0008-http.md section 3): the bundle and everything a replay needs. */
const response = z.unknown().transform((json, context) => {
  try {
    return { bundle: parseBundle((json as { bundle?: unknown } | null)?.bundle), evidence: parseAnswerEvidence(json) }
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message })
    return z.NEVER
  }
})
export type InferenceEvidence = z.infer<typeof response>

export const inferenceSubnet = subnetFromDefinition<InferenceTask, InferenceEvidence, InferencePorts>({
  name: 'inference',
  version: 2,
  parameters,
  task,
  response,
  audit({ hotkey, window, memory }, { chainId, channels }) {
    const period = { fromMs: window.startsAtSeconds * 1000, toMs: window.endsAtSeconds * 1000 }
    const list = new ReceiptListAudit({ payee: hotkey, chainId, ...period, earlier: parseReceiptListMemory(memory) })
    return {
      add: (page) => list.add(page),
      async finish() {
        return {
          checks: [...list.checks(), await checkChannels(list.channels(), hotkey, channels)],
          memory: list.memory(),
        }
      },
    }
  },
  sample: (random, { committedCount }) => random.sample(committedCount, parameters.samples),
  probe: (random) => inventTask(random(8)),
  async verify({ bundle, evidence }, context, ports) {
    const { chainId, verifySession, engine } = ports
    const own = context.ownCopy === undefined ? undefined : inferenceOwnCopy.parse(context.ownCopy)
    const signed = bundle.hops[0] as SignedReceipt
    const answer = { bundle, evidence, chainId, verifySession, signal: context.signal }
    const checks = [
      checkIdentity(signed, context),
      ...checkTimes(signed, context, own),
      ...(own === undefined ? [] : [checkOwnBytes(signed, own)]),
      ...(await verifyAnswer(
        engine === undefined ? answer : { ...answer, engine },
        engine === undefined ? 'L0' : 'L2',
      )),
    ]
    // An engine whose own answers are not exact replays nobody's: then all are judged on paper alike.
    const canReplay = engine?.determinismClass().exact === true
    const replayable = canReplay
      ? { isReplayable: isPassed(checks, 'class') && isPassed(checks, 'evidence') ? 1 : 0 }
      : {}
    return { checks, facts: { ...factsOf(signed, own), ...replayable } }
  },
  score,
  combine: 'latest',
  aggregatorName: 'stakeMedian',
  weights: 'linear',
})

type OwnCopy = z.infer<typeof inferenceOwnCopy>

/**
 * Whoever is said to have paid had a channel to this miner, with as much in it as was billed. That it is empty by now says nothing: its
 * payer may have withdrawn the rest. A miner that asks itself must at least lock up what it bills itself.
 */
async function checkChannels(
  billed: readonly BilledChannel[],
  hotkey: Address,
  port: ChannelsPort | undefined,
): Promise<Check> {
  if (port === undefined) return notChecked('channels', 'this validator does not follow the channels')
  try {
    const known = await port.find(billed.map(({ channelId }) => channelId))
    const wrong = billed.find(({ channelId, payer, cumulativePicoUsd }) => {
      const channel = known.get(channelId)
      const isTheirs = channel?.payer === payer && channel.receiver === hotkey && channel.token === port.token
      return !isTheirs || cumulativePicoUsd > atomicToPicoUsd(channel.mostDepositedAtomic)
    })
    return checkThat(
      'channels',
      wrong === undefined,
      wrong === undefined
        ? `${billed.length} channels were opened by who pays, to this miner, with what was billed`
        : `${wrong.payer} never had ${wrong.cumulativePicoUsd} pico-dollars in a channel ${wrong.channelId.slice(0, 12)}… to this miner`,
    )
  } catch (error) {
    return notChecked('channels', `the ledger could not be asked: ${(error as Error).message}`)
  }
}

function checkIdentity({ receipt }: SignedReceipt, { receiptHash, hotkey }: VerifyContext): Check {
  const isSame = receiptType.hash(receipt) === receiptHash && receipt.payee === hotkey
  return checkThat(
    'receipt',
    isSame,
    `the evidence is for the committed receipt ${receiptHash.slice(0, 12)}… of this miner`,
  )
}

/** A sample must belong to the epoch it was committed for; a probe's times must fit our clock, or it could move to another epoch. */
function checkTimes(
  { receipt }: SignedReceipt,
  { source, window }: VerifyContext,
  own: OwnCopy | undefined,
): readonly Check[] {
  const { endedAtMs } = receipt
  if (source === 'sample') {
    const isInside = endedAtMs >= window.startsAtSeconds * 1000 && endedAtMs < window.endsAtSeconds * 1000
    return [
      checkThat(
        'epoch',
        isInside,
        `the answer ended at ${endedAtMs} ms, the epoch is ${window.startsAtSeconds}-${window.endsAtSeconds} s`,
      ),
    ]
  }
  if (own === undefined) return []
  const toleranceMs = clockTolerance(window)
  // An honest end lies between our question and its last byte, however late we ourselves came to read it.
  const askedAtMs = own.receivedAtMs - own.totalMs
  const outsideMs = Math.max(askedAtMs - endedAtMs, endedAtMs - own.receivedAtMs, 0)
  return [
    checkThat(
      'clock',
      outsideMs <= toleranceMs,
      `the signed end is ${outsideMs} ms outside of the time that our question took, allowed ${toleranceMs}`,
    ),
  ]
}

/** Small against the epoch: a miner that may move its times far could move its work to an epoch whose list is closed. */
function clockTolerance({ startsAtSeconds, endsAtSeconds }: VerifyContext['window']): number {
  const tenthMs = (endsAtSeconds - startsAtSeconds) * 100
  return Math.min(parameters.clockToleranceMs, Math.max(parameters.leastClockToleranceMs, tenthMs))
}

function checkOwnBytes({ receipt }: SignedReceipt, own: OwnCopy): Check {
  const isSame = receipt.requestHash === own.requestHash && receipt.responseHash === own.responseHash
  return checkThat('ownBytes', isSame, 'the receipt is for the bytes that we sent and received ourselves')
}

function isPassed(checks: readonly Check[], name: string): boolean {
  return checks.some((check) => check.name === name && check.state === 'pass')
}

function factsOf(signed: SignedReceipt, own: OwnCopy | undefined): Readonly<Record<string, number>> {
  try {
    const { finishReason, outputTokens } = readInferenceWork(signed)
    const isComplete = finishReason === 'stop' || finishReason === 'length' ? 1 : 0
    // A stranger's payer may hang up as often as it likes; that says nothing about the miner.
    if (own === undefined) return finishReason === 'abort' ? { outputTokens } : { isComplete, outputTokens }
    const streamMs = Math.max(1, own.totalMs - own.firstByteMs)
    const milliTokensPerSecond = Math.floor((outputTokens * 1_000_000) / streamMs)
    return { isComplete, outputTokens, firstByteMs: own.firstByteMs, milliTokensPerSecond }
  } catch {
    return {}
  }
}

function score(miner: MinerEvidence, { peers }: { readonly peers: readonly MinerEvidence[] }): MinerScore {
  const failed = firstFailure(miner)
  if (failed !== undefined) {
    return { scorePpm: 0, reasons: [`Nothing for this epoch: the check "${failed.name}" failed (${failed.detail}).`] }
  }
  const known = miner.work.filter(({ facts }) => facts['isComplete'] !== undefined)
  const unanswered = miner.probesAsked - miner.probesAnswered
  if (known.length === 0) {
    const asked =
      miner.probesAsked === 0 ? 'no question of ours reached it' : `${unanswered} of our questions got no answer`
    const committed =
      miner.committedCount === undefined
        ? 'it committed no work'
        : `none of its ${miner.committedCount} receipts could be looked at`
    return { scorePpm: 0, reasons: [`Nothing to score: ${committed} and ${asked}.`] }
  }
  const good = known.filter((work) => work.facts['isComplete'] === 1 && !isForeign(work))
  const foreign = known.filter(isForeign).length
  const probes = known.filter(({ source }) => source === 'probe').length + unanswered
  const samples = known.length + unanswered - probes
  const goodProbes = good.filter(({ source }) => source === 'probe').length
  // A product, because receipts for questions that a miner asked itself must not make up for ours.
  const qualityPpm = Math.floor(
    (sharePpm(goodProbes, probes) * sharePpm(good.length - goodProbes, samples)) / maximumScorePpm,
  )
  const honest = peers.filter((peer) => failedCheckNames(peer).length === 0 && !peer.work.some(isForeign))
  const speed = speedOf(miner, honest)
  const factorPpm =
    maximumScorePpm - parameters.speedWeightPpm + Math.floor((parameters.speedWeightPpm * speed.ppm) / maximumScorePpm)
  return {
    scorePpm: Math.floor((qualityPpm * factorPpm) / maximumScorePpm),
    reasons: [
      `All checks of ${known.length} answers held${skipped(miner)}.`,
      `${good.length} of ${known.length + unanswered} answers count in full${shortcomings(unanswered, foreign)}.`,
      speed.reason,
    ],
  }
}

function isForeign({ facts }: WorkEvidence): boolean {
  return facts['isReplayable'] === 0
}

/** Millionths; everything when there was nothing to look at. */
function sharePpm(part: number, whole: number): number {
  return whole === 0 ? maximumScorePpm : Math.floor((part * maximumScorePpm) / whole)
}

function shortcomings(unanswered: number, foreign: number): string {
  const silence = unanswered > 0 ? `; ${unanswered} questions of ours got no answer` : ''
  return `${silence}${foreign > 0 ? `; ${foreign} are of another model file or class than can be replayed here` : ''}`
}

function firstFailure(miner: MinerEvidence): Check | undefined {
  return [...miner.checks, ...miner.work.flatMap(({ checks }) => checks)].find(({ state }) => state === 'fail')
}

/** Names what nobody looked at, because it is no pass; it costs the miner nothing. */
function skipped(miner: MinerEvidence): string {
  const open = miner.work.flatMap(({ checks }) => checks).filter(({ state }) => state === 'notChecked')
  const names = [...new Set(open.map(({ name }) => name))]
  return names.length === 0 ? '' : `; not checked: ${names.join(', ')}`
}

/** Millionths, 800,000 at the median: the mean of first byte and tokens a second, each relative to honest miners and capped. */
function speedOf(
  miner: MinerEvidence,
  honest: readonly MinerEvidence[],
): { readonly ppm: number; readonly reason: string } {
  const atMedian = relative(1, 1)
  const own = { firstByte: factMedian([miner], 'firstByteMs'), rate: factMedian([miner], 'milliTokensPerSecond') }
  const all = { firstByte: factMedian(honest, 'firstByteMs'), rate: factMedian(honest, 'milliTokensPerSecond') }
  if (own.firstByte === undefined || own.rate === undefined || all.firstByte === undefined || all.rate === undefined) {
    return { ppm: atMedian, reason: 'Speed was not measured and counts as the median.' }
  }
  const firstBytePpm = relative(Math.max(1, all.firstByte), Math.max(1, own.firstByte))
  const ratePpm = relative(own.rate, Math.max(1, all.rate))
  return {
    ppm: Math.floor((firstBytePpm + ratePpm) / 2),
    reason: `First byte after ${own.firstByte} ms (median ${all.firstByte} ms), ${tokens(own.rate)} tokens a second (median ${tokens(all.rate)}).`,
  }
}

/** numerator/denominator, capped and scaled so that the cap is a million. */
function relative(numerator: number, denominator: number): number {
  const ratioPpm = Math.floor((numerator * maximumScorePpm) / denominator)
  return Math.floor((Math.min(ratioPpm, parameters.speedCapPpm) * maximumScorePpm) / parameters.speedCapPpm)
}

/** Lower median of a fact over all work of the miners. */
function factMedian(miners: readonly MinerEvidence[], name: string): number | undefined {
  const values = miners.flatMap(({ work }) => work.flatMap(({ facts }) => facts[name] ?? [])).sort((a, b) => a - b)
  return values[Math.floor((values.length - 1) / 2)]
}

function tokens(milliTokensPerSecond: number): string {
  return (milliTokensPerSecond / 1000).toFixed(1)
}

const questions = [
  'Explain',
  'Describe',
  'Tell me about',
  'Give an example of',
  'What is interesting about',
  'Write two sentences about',
]
const topics = [
  'rivers',
  'bread',
  'a city market',
  'the moon',
  'bridges',
  'bees',
  'old maps',
  'winter',
  'a lighthouse',
  'glass',
  'chess',
  'gardens',
  'wool',
  'tides',
  'violins',
  'salt',
]

/**
 * Mostly hot: a confident model gives the same tokens with slightly other weights. Of questions to the demo model answered by its Q4_0
 * form, replay against Q8_0 caught 1 in 26 at temperature 0, none of 34 at 0.7, 2 of 30 at 1 and 21 of 30 at 2.
 */
const temperatures = [0, 0.7, 2, 2, 2, 2, 2, 2]

/** Looks like a user's request; opening, topic, length and seed come from private randomness. */
function inventTask(random: Uint8Array): InferenceTask {
  const at = (index: number): number => random[index] as number
  const opening = questions[at(0) % questions.length] as string
  const [topic, other] = [topics[at(1) % topics.length] as string, topics[at(2) % topics.length] as string]
  return {
    messages: [{ role: 'user', content: `${opening} ${topic}${at(3) % 2 === 0 ? '' : ` and ${other}`}.` }],
    max_tokens: 16 + (at(4) % 33),
    temperature: temperatures[at(5) % temperatures.length] as number,
    seed: at(6) * 256 + at(7),
  }
}
