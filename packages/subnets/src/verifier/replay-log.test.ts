/** What a replay says of a validator that lies about what nobody else saw (specs/0016-subnet-files.md section 7). */
import { type Address, type Hex, sha256Hex } from '@koinon/base'
import { fail, notChecked, pass } from '@koinon/work'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type EvidenceLog,
  evidenceLogToText,
  type MinerEvidence,
  parseEvidenceLog,
  type Subnet,
  scoreEpoch,
  type WorkEvidence,
} from '../rules/index.ts'
import { taskAnswer } from '../rules/subnet-file/task-answer.ts'
import { taskSubnet } from '../rules/subnet-file/task-subnet.ts'
import { doubleFile } from '../testing/double-file.ts'
import { judgeTasks } from './judge-tasks.ts'
import { replayLog } from './replay-log.ts'
import { SubnetSandbox } from './sandbox/sandbox.ts'

const [netuid, epoch] = [2, 7]
const [openingBeacon, beacon] = [sha256Hex('opening'), sha256Hex('closing')]
const hotkeyOf = (uid: number): Address => `0x${uid.toString(16).padStart(40, '0')}`
const [honest, crony] = [hotkeyOf(1), hotkeyOf(2)]
let sandbox: SubnetSandbox
let questions: readonly string[]
/** An honest validator's evidence: uid 1 answered rightly, uid 2 wrongly. */
let judged: readonly MinerEvidence[]
const texts = new Map<Hex, string>()

beforeAll(async () => {
  const source = doubleFile.source.replace('tasks: 3,', "tasks: 3,\n  aggregate: 'ewma',")
  sandbox = await SubnetSandbox.open({ ...doubleFile, source })
  questions = await sandbox.tasks({ epoch, beacon: openingBeacon })
  const answers = new Map(
    [honest, crony].map((hotkey) => {
      const own = questions.map((question, task) => {
        const twice = hotkey === honest ? 2 * (JSON.parse(question) as { number: number }).number : 1
        const place = { netuid, epoch, hotkey, task, taskHash: sha256Hex(question) }
        return [task, taskAnswer(place, JSON.stringify({ twice })).text] as const
      })
      for (const [, text] of own) texts.set(sha256Hex(text), text)
      return [hotkey, new Map(own)]
    }),
  )
  const seats = [honest, crony].map((hotkey, index) => ({ uid: index + 1, hotkey }))
  judged = await judgeTasks(sandbox, { netuid, epoch, closingBeacon: beacon, taskTexts: questions, seats, answers })
})
afterAll(() => sandbox.close())

/** A log whose scores and row follow from this evidence, as whoever publishes it sees to. */
function logOf(
  miners: readonly MinerEvidence[],
  previous: ReadonlyMap<Address, number> = new Map(),
  ofEpoch = epoch,
): EvidenceLog {
  const subnet = taskSubnet(sandbox.description) as Subnet
  const { scores, row } = scoreEpoch(subnet, { netuid, epoch: ofEpoch }, miners, previous)
  const tasks = { openingBeacon, taskHashes: questions.map((text) => sha256Hex(text)) }
  const head = {
    v: 1,
    netuid,
    epoch: ofEpoch,
    validator: hotkeyOf(9),
    specHash: subnet.specHash(sandbox.sourceHash),
  } as const
  return parseEvidenceLog(evidenceLogToText({ ...head, beacon, tasks, miners, scores, row }))
}

async function replayed(log: EvidenceLog, before?: EvidenceLog) {
  const { checks, firstDifference } = await replayLog(
    sandbox,
    log,
    async (hash) => texts.get(hash),
    async () => before,
  )
  return { firstDifference, of: (name: string) => checks.find((check) => check.name === name) }
}
const changed = (hotkey: Address, change: (miner: MinerEvidence) => Partial<MinerEvidence>): readonly MinerEvidence[] =>
  judged.map((miner) => (miner.hotkey === hotkey ? { ...miner, ...change(miner) } : miner))
const withheld = (work: WorkEvidence): WorkEvidence => ({
  ...work,
  facts: {},
  checks: [fail('evidence', 'no answer within 10000 ms')],
})

describe('replayLog', () => {
  it('finds an honest log whole', async () => {
    const { of, firstDifference } = await replayed(logOf(judged))
    expect(firstDifference).toBeUndefined()
    expect(of('evidence')).toEqual(pass('evidence', '6 answers judged alike'))
    expect(of('unjudged')).toEqual(pass('unjudged', 'every committed answer was judged'))
  })

  it('does not call it judged alike when a validator says that an honest miner withheld everything', async () => {
    const log = logOf(changed(honest, ({ work }) => ({ work: work.map(withheld) })))
    expect(log.scores[0]?.scorePpm).toBe(0)
    const { of, firstDifference } = await replayed(log)
    expect(firstDifference).toBeUndefined()
    expect(of('evidence')).toEqual(pass('evidence', '3 answers judged alike'))
    const said = 'uid 1: 3 of 3 withheld ("no answer within 10000 ms")'
    expect(of('unjudged')).toEqual(notChecked('unjudged', `only this validator says so: ${said}`))
  })

  it('counts a list that was not to be had, what was not looked at and what a deadline ended, each for itself', async () => {
    const listless = { work: [], checks: [fail('list', 'the miner says that it does not have it')] }
    expect((await replayed(logOf(changed(honest, () => listless)))).of('unjudged')?.detail).toMatch(
      /uid 1: 3 of 3 withheld \("the miner says/,
    )
    const log = logOf(
      changed(honest, ({ work: [first, second, third] }) => ({
        work: [
          { ...(first as WorkEvidence), facts: {}, checks: [notChecked('evidence', 'the time for checking ended')] },
          { ...(second as WorkEvidence), facts: { task: 1, isFault: 2 }, checks: [notChecked('score', 'too long')] },
          third as WorkEvidence,
        ],
      })),
    )
    const { of, firstDifference } = await replayed(log)
    expect(firstDifference).toBeUndefined()
    expect(of('evidence')?.detail).toBe('4 answers judged alike')
    expect(of('unjudged')?.detail).toMatch(/uid 1: 1 of 3 ended by a deadline, 1 of 3 not looked at \("the time for/)
  })

  it('says that nothing was judged where a log judges nothing', async () => {
    const log = logOf(judged.map((miner) => ({ ...miner, work: miner.work.map(withheld) })))
    expect((await replayed(log)).of('evidence')).toEqual(notChecked('evidence', 'the log judges no answer'))
  })

  it('refuses scores and failures beside a verdict', async () => {
    const paid = changed(crony, ({ work: [first, ...rest] }) => ({
      work: [{ ...(first as WorkEvidence), facts: { task: 0, isFault: 2, scorePpm: 1_000_000 }, checks: [] }, ...rest],
    }))
    expect(logOf(paid).scores[1]?.scorePpm).toBeGreaterThan(0)
    expect((await replayed(logOf(paid))).firstDifference).toMatch(/^evidence: uid 2, question 0/)
    const cheat = changed(honest, ({ work: [first, ...rest] }) => ({
      work: [
        { ...(first as WorkEvidence), facts: { task: 0, isFault: 2 }, checks: [fail('verify', 'Forged.')] },
        ...rest,
      ],
    }))
    expect((await replayed(logOf(cheat))).firstDifference).toMatch(/^evidence: uid 1, question 0/)
    const listed = changed(honest, () => ({ checks: [fail('list', 'it does not have it')] }))
    expect((await replayed(logOf(listed))).firstDifference).toMatch(/^evidence: uid 1: .*"list: it does not have it"/)
    const given = changed(crony, () => ({ facts: { aggregatePpm: 1_000_000 } }))
    expect((await replayed(logOf(given))).firstDifference).toMatch(/^evidence: uid 2: the file's aggregate/)
    const long = changed(crony, () => ({ committedCount: 4 }))
    expect((await replayed(logOf(long))).firstDifference).toMatch(/^evidence: uid 2: it committed to 4 answers/)
  })

  it('holds previous scores against the log of the epoch before', async () => {
    const idle = changed(crony, () => ({ committedCount: undefined, work: [], checks: [] }))
    const before = logOf(judged, new Map(), epoch - 1)
    const paid = logOf(
      idle,
      new Map([
        [honest, 200_000],
        [crony, 1_000_000],
      ]),
    )
    expect(paid.scores[1]?.combinedPpm).toBe(800_000)
    const open = await replayed(paid)
    expect(open.firstDifference).toBeUndefined()
    expect(open.of('previous')).toMatchObject({ state: 'notChecked', detail: expect.stringContaining('epoch 6') })
    expect((await replayed(paid, before)).firstDifference).toMatch(
      /^previous: uid 2 goes on from 1000000, its log of epoch 6 says 0/,
    )
    const right = logOf(
      idle,
      new Map([
        [honest, 200_000],
        [crony, 0],
      ]),
    )
    expect((await replayed(right, before)).of('previous')?.state).toBe('pass')
    const wiped = logOf(idle, new Map([[crony, 0]]))
    expect((await replayed(wiped, before)).firstDifference).toMatch(/^previous: uid 1 goes on from nothing/)
    expect((await replayed(right, paid)).firstDifference).toMatch(/^previous: the log of the epoch before is that of/)
    const alone = logOf(judged.slice(0, 1), new Map(), epoch - 1)
    expect((await replayed(paid, alone)).of('previous')).toMatchObject({
      state: 'notChecked',
      detail: expect.stringMatching(/^uid 2 had no/),
    })
  })
})
