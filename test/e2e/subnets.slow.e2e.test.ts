/** Subnets of one file on a running network, as a founder, a miner, a validator's critic and an auditor meet them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it, onTestFailed } from 'vitest'
import { getJson } from '../harness/ask.ts'
import { audit, falsify, raised } from '../harness/audits.ts'
import { koinon, koinonCommand, koinonJson, repository } from '../harness/cli.ts'
import { saveDocumentedSubnet } from '../harness/documented-subnet.ts'
import { LedgerView } from '../harness/ledger.ts'
import { TestNetwork, tailOfLogs } from '../harness/network.ts'
import { ProcessGroup } from '../harness/process-group.ts'
import { killRole, restarted, role } from '../harness/roles.ts'
import { waitFor } from '../harness/wait.ts'

/** Four epochs of a minute, and as much again for a busy machine. */
const payPatienceMs = 360_000
const auditDeadlineMs = 180_000
const network = new TestNetwork(['--subnets', 'probing'], inject('ground'))
const folder = mkdtempSync(join(tmpdir(), 'koinon-e2e-subnets-'))
const [file, stranger] = [saveDocumentedSubnet(folder), join(folder, 'home')]
const miners = [1, 2, 3] as const

type Payout = { readonly account: string; readonly amountAtomic: string; readonly why: string }
type EpochDetail = { readonly epoch: number; readonly paidAtomic: string; readonly payouts: readonly Payout[] }

let joined: ProcessGroup
const ids = { probing: 2, compress: 3 }
/** The epoch in whose middle the processes of `probing` were killed. */
let killed: number
let paid: { readonly probing: EpochDetail; readonly compress: EpochDetail }
let joinedAccount: string

beforeAll(async () => {
  await network.start()
  const deployed = await koinonJson(['subnet', 'deploy', file, '--home', network.home], 120_000)
  expect(deployed, deployed.stderr).toMatchObject({ code: 0, data: { netuid: ids.compress, name: 'compress' } })
  await koinonJson(['join', network.ready.gateway, '--home', stranger])
  const start = ['miner', 'start', '--json', '--home', stranger, '--file', file, '--netuid', `${ids.compress}`]
  joined = new ProcessGroup(process.execPath, [koinonCommand, ...start])
  joinedAccount = await waitFor('the joined miner answers', 90_000, () => {
    if (joined.exit !== undefined) throw new Error(`it ended with ${joined.exit}: ${joined.stdout}\n${joined.stderr}`)
    return joined.stdout.includes('\n') && (JSON.parse(joined.stdout) as { account: string }).account
  })
  killed = await waitFor('the miners of probing have answered an epoch', payPatienceMs, () => {
    const epochs = reportedEpochs('probing', 'answered the questions of an epoch')
    const last = Math.max(...epochs)
    return epochs.filter((epoch) => epoch === last).length === miners.length && last
  })
  // What the pages and the command line ask goes through the index: it must be found again as well.
  for (const name of ['subnet-probing', 'indexer'])
    await restarted(network.home, name, await killRole(network.home, name))
  paid = {
    // The killed one or, where the machine was too slow for a phase of it, the next that all of them answered.
    probing: await paidEpoch(ids.probing, ({ epoch, payouts }) => epoch >= killed && payouts.length === 5),
    compress: await paidEpoch(ids.compress, ({ payouts }) => payouts.some(({ account }) => account === joinedAccount)),
  }
}, 1_200_000)
afterAll(async () => {
  if (joined?.isAlive() === true) await joined.end('SIGKILL')
  await network.dispose()
  rmSync(folder, { recursive: true, force: true })
})

describe('subnets of one file on a network', () => {
  it('pay every honest miner alike, and whoever was killed in the middle of an epoch as well', () => {
    explain()
    const kept = reportedEpochs('probing', 'committed the answers of an epoch').filter((epoch) => epoch === killed)
    expect(kept).toHaveLength(miners.length)
    const accountsOf = (subnet: string, kind: string, count: number) =>
      Array.from({ length: count }, (_, index) => accountOf(`${subnet}-${kind}-${index + 1}`))
    for (const [name, prefix] of [
      ['probing', 'probing'],
      ['compress', 'own-compress'],
    ] as const) {
      const amounts = new Map(paid[name].payouts.map(({ account, amountAtomic }) => [account, BigInt(amountAtomic)]))
      for (const account of [...accountsOf(prefix, 'miner', 3), ...accountsOf(prefix, 'validator', 2)])
        expect(amounts.get(account) ?? 0n, `${name} ${account}`).toBeGreaterThan(0n)
      const honest = accountsOf(prefix, 'miner', 3).map((account) => amounts.get(account) as bigint)
      // Equal but for one unit that the division leaves over.
      for (const amount of honest) expect(amount - (honest[0] as bigint)).toBeOneOf([-1n, 0n, 1n])
      const sum = [...amounts.values()].reduce((total, amount) => total + amount, 0n)
      expect(sum).toBe(BigInt(paid[name].paidAtomic))
    }
  })

  it('pay a miner that joined from another home with the same file', async () => {
    const own = paid.compress.payouts.find(({ account }) => account === joinedAccount)
    expect(own?.why).toMatch(/^4 of 4 questions answered\..*letters in \d+\./)
    const alpha = await new LedgerView(stranger).alpha(`subnet-${ids.compress}-miner`, ids.compress)
    // A unit less than was paid at most: shares are rounded.
    expect(alpha + 1n).toBeGreaterThanOrEqual(BigInt(own?.amountAtomic ?? 0))
  })

  it('are the same on the command line and on the pages', async () => {
    for (const [netuid, detail] of [
      [ids.probing, paid.probing],
      [ids.compress, paid.compress],
    ] as const) {
      const shown = await koinonJson(['epoch', 'show', `${detail.epoch}`, '--netuid', `${netuid}`, '--home', stranger])
      expect(shown.data).toMatchObject({ epoch: detail.epoch, paidAtomic: detail.paidAtomic, payouts: detail.payouts })
    }
    const { subnets } = await getJson<{ subnets: { netuid: number; name: string; paidAtomic: string }[] }>(
      network.ready,
      '/api/subnets',
    )
    expect(subnets.map(({ netuid, name }) => [netuid, name])).toEqual([
      [1, 'inference'],
      [2, 'probing'],
      [3, 'compress'],
    ])
    for (const { netuid, paidAtomic } of subnets.slice(1)) {
      expect(BigInt(paidAtomic)).toBeGreaterThan(0n)
      const metagraph = await getJson<{ aggregator: string; seats: { incentivePpm: number; hotkey: string }[] }>(
        network.ready,
        `/api/subnets/${netuid}/metagraph`,
      )
      expect(metagraph.aggregator).toMatch(/^yuma3 /)
      expect(metagraph.seats.filter(({ incentivePpm }) => incentivePpm > 0).length).toBeGreaterThanOrEqual(3)
    }
    const { validators } = await getJson<{ validators: { netuid: number }[] }>(network.ready, '/api/decentralization')
    expect(validators.map(({ netuid }) => netuid).sort()).toEqual([1, 2, 3])
  })

  it("are judged alike by whoever replays a validator's epoch", async () => {
    for (const [netuid, name, epoch, source] of [
      [ids.probing, 'probing', paid.probing.epoch, join(repository, 'subnets/probing.ts')],
      [ids.compress, 'own-compress', paid.compress.epoch, file],
    ] as const) {
      const { info } = await role(network.home, `subnet-${name}`)
      const url = info?.members?.find(({ kind }) => kind === 'validator')?.url as string
      const flags = ['--file', source, '--epoch', `${epoch}`, '--netuid', `${netuid}`]
      const replayed = await koinon(['subnet', 'replay', url, ...flags], {}, 120_000)
      expect(replayed.stdout + replayed.stderr).toContain('Computed again, nothing differs.')
      expect(replayed.code).toBe(0)
    }
  })

  it('can be deployed again without change, and not over another file of their name', async () => {
    const again = await koinonJson(['subnet', 'deploy', file, '--home', network.home], 120_000)
    expect(again).toMatchObject({ code: 0, data: { netuid: ids.compress } })
    const lost = await koinonJson(['subnet', 'deploy', file, '--home', join(folder, 'empty')])
    expect(lost).toMatchObject({ ok: false, error: { code: 'node/not-running' } })
  })

  it('are audited by a stranger without a difference; a changed figure is named', async () => {
    const copy = join(folder, 'copy')
    // Of a chain of others an audit leaves out the newest blocks: what is looked for must have got old enough.
    const whole = await waitFor('payouts and scores are old enough', payPatienceMs, async () => {
      const audited = await audit(['export', copy, '--home', stranger, '--file', file], auditDeadlineMs)
      const has = (name: string, words: string) => readFileSync(join(copy, name), 'utf8').includes(words)
      return (
        has('events.jsonl', '"name":"Claimed"') && has('documents.jsonl', `/v1/answers/${ids.compress}/`) && audited
      )
    })
    expect(whole.named).toEqual([])
    expect(whole.exitCode).toBe(0)
    const evidence = whole.checks.find(({ name }) => name === 'evidence')
    expect(evidence?.agreed).toBeGreaterThan(0)
    expect(evidence?.open.filter(({ why }) => /definition|published/.test(why))).toEqual([])

    const paidLess = join(folder, 'claim')
    const line = falsify(copy, paidLess, 'events.jsonl', ['"name":"Claimed"', '"mined"'], raised('mined'))
    const { args } = JSON.parse(line) as { args: { netuid: number; epoch: string; account: string } }
    const found = await audit(['--data', paidLess, '--home', stranger, '--file', file], auditDeadlineMs)
    expect(found.exitCode).toBe(1)
    expect(found.named).toContain(`claims: ${args.netuid}/${args.epoch}/${args.account} amount paid as miner`)

    const scored = join(folder, 'score')
    const marks = ['/evidence-log/3/', '\\"task\\":0,\\"scorePpm\\":']
    falsify(copy, scored, 'documents.jsonl', marks, (text) =>
      text.replace(
        /(\\"facts\\":\{\\"task\\":0,\\"scorePpm\\":)(\d+)/,
        (_, before: string, score: string) => `${before}${Number(score) - 1}`,
      ),
    )
    const rescored = await audit(['--data', scored, '--home', stranger, '--file', file], auditDeadlineMs)
    expect(rescored.exitCode).toBe(1)
    expect(rescored.named).toContainEqual(
      expect.stringMatching(/^evidence: 3\/\d+\/0x\w+ evidence from the published evidence$/),
    )
  }, 600_000)

  it('go over to a later version of their file, in the epoch that was announced', async () => {
    explain()
    const later = join(folder, 'compress-2.ts')
    const source = readFileSync(file, 'utf8')
    expect(source).toContain('version: 1,')
    writeFileSync(later, source.replace('version: 1,', 'version: 2,'))
    const deployed = await koinonJson(['subnet', 'deploy', later, '--home', network.home], 120_000)
    expect(deployed, deployed.stderr).toMatchObject({ code: 0, data: { netuid: ids.compress, update: { version: 2 } } })
    const { fromEpoch } = (deployed.data as { update: { fromEpoch: number } }).update
    // With the old file validators would neither score nor sign it.
    const { payouts } = await paidEpoch(ids.compress, ({ epoch }) => epoch >= fromEpoch)
    expect(payouts.map(({ account }) => account)).toContain(accountOf('own-compress-miner-1'))
  }, 900_000)
})

/** Epochs of which miners of a subnet say so, one entry a miner. */
function reportedEpochs(subnet: string, words: string): readonly number[] {
  return readFileSync(join(network.home, 'logs', `subnet-${subnet}.jsonl`), 'utf8')
    .split('\n')
    .filter((line) => line.includes(words))
    .map((line) => (JSON.parse(line) as { epoch: number }).epoch)
}

/** The newest epoch that was paid and fits. */
function paidEpoch(netuid: number, fits: (detail: EpochDetail) => boolean): Promise<EpochDetail> {
  return waitFor(`an epoch of subnet ${netuid} is paid`, payPatienceMs, async () => {
    const { epochs } = await getJson<{ epochs: { epoch: number; state: string; paidAtomic: string }[] }>(
      network.ready,
      `/api/epochs?netuid=${netuid}&limit=20`,
    )
    const active = epochs.filter(({ state, paidAtomic }) => state === 'active' && BigInt(paidAtomic) > 0n)
    for (const { epoch } of active) {
      const detail = await getJson<EpochDetail>(network.ready, `/api/epochs/${netuid}/${epoch}`)
      const sum = detail.payouts.reduce((total, { amountAtomic }) => total + BigInt(amountAtomic), 0n)
      if (sum === BigInt(detail.paidAtomic) && fits(detail)) return detail
    }
    return undefined
  })
}

function accountOf(name: string): string {
  return new LedgerView(network.home).account(name)
}

function explain(): void {
  onTestFailed(() => void process.stderr.write(`\n${tailOfLogs(network.home, 8)}\n${network.group.stderr}\n`))
}
