/** A subnet file through its first epochs on the real contracts: answered, committed, judged, paid, replayed, audited. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hex } from '@koinon/base'
import {
  type AuditFiles,
  type AuditSource,
  type CheckReport,
  createCopySource,
  createRpcSource,
  recordSource,
  runChecks,
} from '@koinon/ledger/audit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SubnetLedger } from '../client/index.ts'
import { type EvidenceLog, epochWindow, parseEvidenceLog, type Subnet } from '../rules/index.ts'
import { validatorWord } from '../rules/seat-words.ts'
import { taskSubnet } from '../rules/subnet-file/task-subnet.ts'
import { type Child, startChild } from '../testing/child.ts'
import { patientDoubleFile } from '../testing/double-file.ts'
import { createTaskMiner, createTaskValidator, type TaskPeer } from '../testing/task-peers.ts'
import { startTestLedger, type TestLedger, token, until } from '../testing/test-ledger.ts'
import { connect } from '../testing/test-peers.ts'
import { startTestTimekeeper } from '../testing/test-timekeeper.ts'
import type { KnownDefinition } from './audit/evidence-check.ts'
import { createSubnetChecks } from './audit/index.ts'
import type { ValidatorEvent } from './ports.ts'
import { replayLog } from './replay-log.ts'
import { SubnetSandbox } from './sandbox/sandbox.ts'

const everything = { netuid: undefined, fromEpoch: 0, toEpoch: Number.MAX_SAFE_INTEGER }
/**
 * The ledger's clock runs on beside the test: every phase is far longer than the longest wait in it, and the clock is moved out of one
 * only when what is to be done in it was seen.
 */
const phases = {
  epochSeconds: 10_000,
  workCommitSeconds: 1_000,
  weightCommitSeconds: 2_000,
  weightRevealSeconds: 1_000,
  activationDelaySeconds: 500,
}
const waitMs = 120_000
const folder = mkdtempSync(join(tmpdir(), 'koinon-task-network-'))
let ledger: TestLedger
let sandbox: SubnetSandbox
let specHash: Hex
let netuid: number
let miners: readonly Awaited<ReturnType<typeof createTaskMiner>>[]
let validators: readonly Pick<TaskPeer, 'hotkey' | 'endpoint'>[]
let files: AuditFiles
let opened: readonly ValidatorEvent[]
let live: readonly CheckReport[]
const closing: (() => Promise<unknown>)[] = []

const known = (): KnownDefinition => ({
  subnet: taskSubnet(sandbox.description) as Subnet,
  replay: async (log, answers) => (await replayLog(sandbox, log, async (hash) => answers.get(hash))).checks,
})
const audit = (source: AuditSource, definition: KnownDefinition | undefined) =>
  runChecks(
    source,
    createSubnetChecks((hash) => (hash === specHash ? definition : undefined)),
    everything,
    () => undefined,
  )
const named = (reports: readonly CheckReport[]) =>
  reports.flatMap(({ name, differences }) => differences.map(({ epoch, what }) => `${name}/${epoch}: ${what}`))
const disagreed = (reports: readonly CheckReport[]) =>
  reports.flatMap(({ name, open }) =>
    open.flatMap(({ epoch, what, disagreement }) =>
      disagreement === undefined ? [] : [`${name}/${epoch}: ${what}: ${disagreement.kind}`],
    ),
  )
const openOf = (reports: readonly CheckReport[]) =>
  reports.flatMap(({ name, open }) => open.map(({ what, why }) => `${name}: ${what}: ${why}`))

beforeAll(async () => {
  sandbox = await SubnetSandbox.open(patientDoubleFile)
  specHash = taskSubnet(sandbox.description).specHash(sandbox.sourceHash)
  ledger = await startTestLedger()
  const timekeeper = await startTestTimekeeper(ledger)
  const { network } = timekeeper
  const created = await ledger.createSubnet(specHash, 16, phases)
  netuid = created.netuid
  const clock = { genesisSeconds: created.genesisSeconds, ...phases }
  const { ledger: chain } = connect(network, ledger.owner.privateKey)
  // One is right, one is right but once, one cheats.
  const serves: readonly ((index: number, honest: string) => string)[] = [
    (_, honest) => honest,
    (index, honest) => (index === 0 ? '{"twice":1}' : honest),
    () => '{"twice":-1}',
  ]
  const miner = async (serve: (typeof serves)[number]) => {
    const account = ledger.nextAccount()
    const peer = await createTaskMiner(network, account.privateKey, netuid, folder, {
      tasks: (input) => sandbox.tasks(input),
      serve: async (input) => serve(input.index, await sandbox.serve(input)),
    })
    await ledger.join(account, netuid, peer.endpoint)
    return peer
  }
  miners = [await miner(serves[0] as never), await miner(serves[1] as never), await miner(serves[2] as never)]
  // Equal stakes and equal rows: several aggregators give the same root.
  const [account, otherAccount] = [ledger.nextAccount(), ledger.nextAccount()]
  const survivor = await createTaskValidator(network, account.privateKey, netuid, folder, patientDoubleFile)
  const start = (port: number): Child =>
    startChild('task-validator-child.ts', { network, privateKey: otherAccount.privateKey, netuid, folder, port })
  let child = start(0)
  closing.push(
    () => ledger.close(),
    () => timekeeper.close(),
    () => child.kill('SIGTERM'),
  )
  await seen('the other validator listens', () => child.lines.length > 0)
  const { endpoint } = JSON.parse(child.lines[0] as string) as { endpoint: string }
  await ledger.join(account, netuid, survivor.endpoint, 50n * token)
  await ledger.join(otherAccount, netuid, endpoint, 50n * token)
  validators = [survivor, { hotkey: otherAccount.address, endpoint }]
  const peers = [...miners, survivor]
  closing.push(...peers.map((peer) => () => peer.close()))
  for (const peer of peers) peer.start()

  const honest = (miners[0] as TaskPeer).hotkey
  await ledger.moveTo(epochWindow(clock, 0).workCommitEndsAtSeconds + 1)
  for (const epoch of [1, 2]) {
    const window = epochWindow(clock, epoch)
    const paidBefore = await paidTo(chain, honest)
    // The first questions are open now, those of epoch 2 since the beacon of epoch 1. What is not answered in the epoch never is.
    await seen('all questions are answered', async () =>
      (await Promise.all(miners.map((miner) => miner.hasAnswered(epoch)))).every(Boolean),
    )
    await ledger.moveTo(window.endsAtSeconds + 1)
    await seen('all answers are committed', async () => (await chain.workCommitments(netuid, epoch)).length === 3)
    await ledger.moveTo(window.workCommitEndsAtSeconds + 1)
    await seen('all rows are committed', async () =>
      (await Promise.all(validators.map(({ hotkey }) => chain.weights(netuid, epoch, hotkey)))).every(
        ({ commitment }) => commitment !== undefined,
      ),
    )
    if (epoch === 2) await child.kill('SIGKILL')
    await ledger.moveTo(window.weightCommitEndsAtSeconds + 1)
    // Others open a row in the third quarter of the phase.
    if (epoch === 2) await ledger.moveTo(window.weightCommitEndsAtSeconds + (3 * clock.weightRevealSeconds) / 4)
    await seen('all rows are open', async () => (await chain.reveals(netuid, epoch)).length === 2)
    if (epoch === 2) child = start(Number(new URL(endpoint).port))
    // Half of the root phase: every proposer's turn has come.
    await ledger.moveTo((window.revealEndsAtSeconds + window.endsAtSeconds + clock.epochSeconds) / 2)
    await seen('the root is there', async () => (await chain.roots(netuid)).at(-1)?.epoch === epoch)
    // Two claimers: the second's turn comes a sixth of an epoch after the first's, still before the epoch ends.
    const { activatesAtSeconds } = (await chain.roots(netuid)).at(-1) as { activatesAtSeconds: number }
    await ledger.moveTo(activatesAtSeconds + Math.ceil(clock.epochSeconds / 6))
    await seen('the honest are paid', async () => (await paidTo(chain, honest)) > paidBefore)
  }
  opened = survivor.events.filter(({ kind }) => kind === 'openedFor')
  const recording = recordSource(
    await createRpcSource({ reader: ledger.reader, network, transfers: 'supply', onProgress: () => undefined }),
  )
  live = await audit(recording.source, known())
  files = recording.files()
}, 900_000)
afterAll(async () => {
  for (const close of closing.toReversed()) await close()
  await sandbox.close()
  rmSync(folder, { recursive: true, force: true })
})

const seen = (what: string, condition: () => Promise<boolean> | boolean) => until(what, condition, waitMs)

async function paidTo(chain: SubnetLedger, hotkey: Hex): Promise<bigint> {
  const seats = await chain.seatsAt(netuid, (await chain.nowSeconds()) - 1)
  const seat = seats.find((held) => held.hotkey === hotkey)
  return seat === undefined ? 0n : (await chain.paidTo(netuid, seat)).mined
}

async function logOf(validator: Pick<TaskPeer, 'endpoint'>, epoch: number): Promise<EvidenceLog> {
  return parseEvidenceLog(await (await fetch(`${validator.endpoint}/v1/evidence-log/${netuid}/${epoch}`)).text())
}

describe('a subnet file on a network', () => {
  it('pays by what was right, from its first epoch on, and a cheat nothing', async () => {
    const { ledger: chain } = connect(ledger.network, ledger.owner.privateKey)
    const earned = await Promise.all(miners.map(({ hotkey }) => paidTo(chain, hotkey)))
    expect(earned[0]).toBeGreaterThan(earned[1] as bigint)
    expect(earned[1]).toBeGreaterThan(0n)
    expect(earned[2]).toBe(0n)
    expect((await chain.roots(netuid)).map(({ epoch }) => epoch)).toEqual([1, 2])
  })

  it('counts the row of a validator that was killed before it could reveal: another opened it', async () => {
    const { ledger: chain } = connect(ledger.network, ledger.owner.privateKey)
    const [survivor, killed] = validators.map(({ hotkey }) => hotkey)
    // Nobody opens for those who reveal in time.
    expect(opened).toEqual([{ kind: 'openedFor', epoch: 2, hotkey: killed }])
    const rows = new Map((await chain.reveals(netuid, 2)).map(({ hotkey, row }) => [hotkey as string, row]))
    expect(rows.get(killed as string)).toBe(rows.get(survivor as string))
    const posting = (await chain.roots(netuid)).at(-1)?.posting
    const { startsAtSeconds } = epochWindow(await chain.clock(netuid), 2)
    const fresh = (await chain.permittedAt(netuid, startsAtSeconds)).map((one) => validatorWord({ ...one, age: 0 }))
    expect(posting?.validators).toEqual(fresh)
  })

  it('has validators that come to the same scores, which anybody replays from what they publish', async () => {
    const logs = await Promise.all(validators.map((validator) => logOf(validator, 2)))
    expect(logs[0]?.row).toBe(logs[1]?.row)
    const scores = logs[0]?.scores.filter(({ hotkey }) => miners.some((miner) => miner.hotkey === hotkey))
    expect(scores?.map(({ scorePpm }) => scorePpm)).toEqual([1_000_000, 666_666, 0])
    const { endpoint } = validators[0] as TaskPeer
    const published = async (hash: Hex) =>
      ((await (await fetch(`${endpoint}/v1/answers/${netuid}/${hash}`)).json()) as { text?: string }).text
    const replay = await replayLog(sandbox, logs[0] as EvidenceLog, published)
    expect(replay.firstDifference).toBeUndefined()
    expect(replay.checks.map(({ name }) => name)).toEqual([
      'spec',
      'questions',
      'answers',
      'evidence',
      'unjudged',
      'scores',
      'row',
      'previous',
      'committed',
    ])
    expect(replay.checks.filter(({ state }) => state !== 'pass').map(({ name }) => name)).toEqual(['committed'])
  })

  it('is audited down to the answers without a difference', () => {
    expect(named(live)).toEqual([])
    expect(openOf(live)).toEqual([])
    const of = (name: string) => live.find((report) => report.name === name)?.agreed
    // Two epochs of two validators: five figures of the log, its opening beacon, its miners, three roots, six steps of the replay, the
    // scores before.
    expect(of('evidence')).toBe(4 * 17)
    expect(of('results')).toBeGreaterThan(10)
  })

  it('is audited without its file, too: the record tells which of the aggregators was meant', async () => {
    const reports = await audit(createCopySource(files).source, undefined)
    expect(named(reports)).toEqual([])
    expect(new Set(openOf(reports))).toEqual(
      new Set(['evidence: scores and row: the definition of the subnet is not at hand']),
    )
    expect(reports.find(({ name }) => name === 'results')?.agreed).toBe(
      live.find(({ name }) => name === 'results')?.agreed,
    )
  })
})

describe('an audit of a changed copy', () => {
  const changed = async (file: keyof AuditFiles, find: RegExp, change: (line: string) => string) => {
    const lines = files[file].split('\n')
    const index = lines.findIndex((line) => find.test(line))
    expect(index).toBeGreaterThanOrEqual(0)
    const text = lines.with(index, change(lines[index] as string)).join('\n')
    expect(text).not.toBe(files[file])
    return audit(createCopySource({ ...files, [file]: text }).source, known())
  }

  it('names a verdict that the answers do not give', async () => {
    const reports = await changed('documents.jsonl', /evidence-log\/1\/2/, (line) =>
      line.replace(/(\\"task\\":1,\\"scorePpm\\":)1000000/, '$1999999'),
    )
    expect(named(reports)).toEqual([
      'evidence/2: evidence from the published evidence',
      'evidence/2: scores from the published evidence',
    ])
  })

  it('names the validator that waited in vain for what another judged, and leaves open what both do', async () => {
    const honest = miners[0]?.hotkey
    const zeroed = (line: string): string => {
      const { url, value } = JSON.parse(line) as { url: string; value: string }
      const log = JSON.parse(value) as { miners: { hotkey: string; work: { facts: object; checks: object[] }[] }[] }
      for (const { hotkey, work } of log.miners) {
        if (hotkey !== honest) continue
        for (const item of work) {
          item.facts = {}
          item.checks = [{ name: 'evidence', state: 'fail', detail: 'no answer within 10000 ms' }]
        }
      }
      return JSON.stringify({ url, value: JSON.stringify(log) })
    }
    const one = await changed('documents.jsonl', /evidence-log\/1\/2/, zeroed)
    const what = expect.stringMatching(/^evidence\/2: answers of uid \d that it did not judge: noAnswer$/)
    const stale = ['scores', 'row'].map((name) => `evidence/2: ${name} from the published evidence`)
    expect(named(one)).toEqual(stale)
    expect(disagreed(one)).toEqual([what])
    const text = files['documents.jsonl']
      .split('\n')
      .map((line) => (/evidence-log\/1\/2/.test(line) ? zeroed(line) : line))
    const both = await audit(createCopySource({ ...files, 'documents.jsonl': text.join('\n') }).source, known())
    expect(disagreed(both)).toEqual([])
    expect(openOf(both)).toHaveLength(2)
    for (const line of openOf(both))
      expect(line).toMatch(/only its word: 3 of 3 withheld .*not judged in 1 other logs$/)
  })

  it('names an answer that nobody committed, and a miner that the log leaves out or makes up', async () => {
    const root = await changed('events.jsonl', /"WorkCommitted".*"epoch":"2"/, (line) =>
      line.replace(/("root":"0x)../, '$1ee'),
    )
    expect(named(root)).toContainEqual(expect.stringMatching(/^evidence\/2: root over the logged answers of uid \d$/))
    const count = await changed('events.jsonl', /"WorkCommitted".*"epoch":"2"/, (line) =>
      line.replace(/("count":"?)\d+/, '$14'),
    )
    expect(named(count)).toContain('evidence/2: miners of the log')
    const many = await changed('documents.jsonl', /evidence-log\/1\/2/, (line) =>
      line.replace(/\\"taskHashes\\":\[[^\]]*\]/, '\\"taskHashes\\":[]'),
    )
    expect(named(many)).toContain('evidence/2: answers from the published evidence')
    const hotkey = await changed('documents.jsonl', /evidence-log\/1\/2/, (line) =>
      line.replace(/(\\"miners\\":\[\{\\"uid\\":\d+,\\"hotkey\\":\\"0x)../, '$1ee'),
    )
    expect(named(hotkey)).toContain('evidence/2: miners of the log')
  })

  it('names an opening beacon that was not drawn', async () => {
    const reports = await changed('documents.jsonl', /evidence-log\/1\/2/, (line) =>
      line.replace(
        /(openingBeacon\\":\\"0x)(..)/,
        (_, before: string, byte: string) => before + (byte === 'ee' ? 'dd' : 'ee'),
      ),
    )
    expect(named(reports)).toContain('evidence/2: opening beacon of the log')
    expect(named(reports)).toContain('evidence/2: questions from the published evidence')
  })

  it('names another text in the place of an answer, and leaves open what is not published', async () => {
    const other = await changed('documents.jsonl', /\/v1\/answers\/.*twice\\\\\\":-1/, (line) =>
      line.replace('twice\\\\\\":-1', 'twice\\\\\\":-2'),
    )
    expect(named(other)).toContainEqual(expect.stringMatching(/^evidence\/[12]: answers from the published evidence$/))
    const gone = await changed('documents.jsonl', /\/v1\/answers\//, (line) =>
      JSON.stringify({ url: (JSON.parse(line) as { url: string }).url, problem: 'it publishes none' }),
    )
    expect(named(gone)).toEqual([])
    expect(openOf(gone)).toEqual([
      expect.stringMatching(/^evidence: evidence from the answers: evidence withheld: 1 of \d answers$/),
    ])
  })
})
