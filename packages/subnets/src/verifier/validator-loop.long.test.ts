import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Hex, hexToBytes } from '@koinon/base'
import { alphaStakingAbi } from '@koinon/ledger/abis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Accrual } from '../client/index.ts'
import { checkEvidenceLog, epochWindow, type PreviousResult, parseEvidenceLog, seatClaims } from '../rules/index.ts'
import { resultRoot } from '../rules/result-tree.ts'
import { parseSeatWord, seatWord } from '../rules/seat-words.ts'
import { type Child, startChild } from '../testing/child.ts'
import { digestSpecHash, digestSubnet } from '../testing/digest-subnet.ts'
import { startTestLedger, type TestLedger, testPhases, token, until } from '../testing/test-ledger.ts'
import { connect, TestMiner, type TestValidator } from '../testing/test-peers.ts'
import { startTestTimekeeper } from '../testing/test-timekeeper.ts'
import { passEpoch, signResult, startValidatorWorld, type ValidatorWorld } from '../testing/validator-world.ts'
import { EpochHistory } from './epoch-history.ts'

const stakes = [40n * token, 40n * token, 20n * token]

describe('three validators and three miners on the real contracts', () => {
  let ledger: TestLedger
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'koinon-subnets-'))
    ledger = await startTestLedger()
  })
  afterAll(async () => {
    await ledger.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('pays honest work, gives a cheat nothing, survives kill -9 and sleepers, disables a wrong root', async () => {
    const world = await startValidatorWorld(ledger, folder, stakes)
    const { netuid, clock, miners, minerAccounts, chain } = world
    const [first, second, small] = world.validators as [TestValidator, TestValidator, TestValidator]
    const [honest, alsoHonest, cheat] = miners as [TestMiner, TestMiner, TestMiner]
    const addresses = minerAccounts.map(({ address }) => address)
    try {
      // Epoch 0 has no permitted stake at its first second; epoch 1 is the first that counts.
      await ledger.moveTo(epochWindow(clock, 1).startsAtSeconds + 10)
      const during = epochWindow(clock, 1).startsAtSeconds + 10
      for (let i = 0; i < 6; i++) {
        honest.work(`a${i}`, during)
        alsoHonest.work(`b${i}`, during)
        cheat.work(`c${i}`, during, { isWrong: true })
      }
      await ledger.moveTo(epochWindow(clock, 1).endsAtSeconds + 30)
      await until('all miners committed', async () => (await chain.workCommitments(netuid, 1)).length === 3)
      await ledger.moveTo(epochWindow(clock, 1).workCommitEndsAtSeconds + 1)
      await until('all validators committed', () =>
        world.validators.every((v) => v.events.some((e) => e.kind === 'committed' && e.epoch === 1)),
      )
      // Everybody else with a seat: three miners and two validators.
      expect(first.events.find((e) => e.kind === 'assessed' && e.epoch === 1)).toMatchObject({
        failedMiners: 1,
        seats: 5,
      })
      expect(await (await fetch(`${first.endpoint}/v1/evidence-log/${netuid}/1`)).status).toBe(404)
      await ledger.moveTo(epochWindow(clock, 1).weightCommitEndsAtSeconds + 1)
      await until('all rows are revealed', async () => (await chain.reveals(netuid, 1)).length === 3)
      await ledger.moveTo(epochWindow(clock, 1).revealEndsAtSeconds + 1)
      await until('the root is submitted', async () => {
        await ledger.moveTo((await ledger.nowSeconds()) + 5)
        return (await chain.roots(netuid)).length === 1
      })
      const [root] = await chain.roots(netuid)
      expect(root?.epoch).toBe(1)

      // Anybody recomputes the scores from the published log, and the root from the ledger alone.
      const logText = await (await fetch(`${first.endpoint}/v1/evidence-log/${netuid}/1`)).text()
      const checks = checkEvidenceLog(digestSubnet, digestSpecHash, parseEvidenceLog(logText))
      expect(checks.map(({ name, state }) => [name, state])).toEqual([
        ['spec', 'pass'],
        ['scores', 'pass'],
        ['row', 'pass'],
      ])
      const audit = new EpochHistory({ netuid, ledger: chain, aggregator: digestSubnet.aggregator })
      const leaves = await leavesOf(world, 1, await audit.resultBehind(root as NonNullable<typeof root>))
      const earned = (account: Hex | undefined) => leaves.find((leaf) => leaf.hotkey === account)
      expect(earned(addresses[0])?.mined).toBe(earned(addresses[1])?.mined)
      expect(earned(addresses[0])?.mined).toBeGreaterThan(0n)
      expect(earned(addresses[2])).toBeUndefined()
      // The epoch's own emission and what epoch 0 left, which is less: it began with the first step after the subnet came.
      const accrued = (await chain.accrued(netuid, 2)) as Accrual
      // What rounding leaves, less than a unit a seat, stays accrued.
      const unpaid = accrued.miners - (root?.result.minersTotal ?? 0n)
      expect(unpaid >= 0n && unpaid < 6n).toBe(true)
      expect(earned(addresses[0])?.mined).toBe(accrued.miners / 2n)
      // 40 % of the stake: shares are parts of 2^32, so the amount is exact to that.
      const rounding = (accrued.dividends * 4n) / 10n - (earned(first.hotkey)?.dividends ?? 0n)
      expect(rounding < 0n ? -rounding : rounding).toBeLessThan(accrued.dividends >> 30n)
      const steps = world.validators.flatMap(({ events }) => events.filter(({ kind }) => kind === 'advanced'))
      expect(steps.length).toBeGreaterThan(0)

      await ledger.moveTo((root?.activatesAtSeconds ?? 0) + 1)
      await until('claims are paid', async () => {
        await ledger.moveTo((await ledger.nowSeconds()) + 20)
        const paid = await Promise.all(leaves.map((seat) => chain.paidTo(netuid, seat)))
        return paid.every(({ mined, dividends }) => mined + dividends > 0n)
      })
      for (const { mined, dividends, ...seat } of leaves) {
        expect(await chain.paidTo(netuid, seat)).toEqual({ mined, dividends })
      }
      await until('the owner is paid', async () => {
        await ledger.moveTo((await ledger.nowSeconds()) + 20)
        return (await chain.ownerDue(netuid)) === 0n
      })

      // Epoch 2: the 20 % validator sleeps; 80 % still is a quorum. The cheat turned honest but leaves out a probed answer.
      await small.stop()
      await ledger.moveTo(epochWindow(clock, 2).startsAtSeconds + 450)
      const inSecond = epochWindow(clock, 2).startsAtSeconds + 450
      honest.work('d', inSecond)
      cheat.work('e', inSecond)
      const hidden = cheat.work('f', inSecond, { isWrong: true, isLeftOut: true })
      for (const validator of [first, second])
        await validator.store.saveProbe(netuid, 2, { hotkey: addresses[2] as Hex, answer: hidden })
      await passEpoch(world, 2, { works: 2, commits: 2, reveals: 2 })
      const [, rootOfTwo] = await chain.roots(netuid)
      expect(rootOfTwo?.epoch).toBe(2)
      const afterTwo = await leavesOf(world, 2, await audit.resultBehind(rootOfTwo as NonNullable<typeof rootOfTwo>))
      expect(afterTwo.find((leaf) => leaf.hotkey === addresses[2])).toBeUndefined()
      const log = parseEvidenceLog((await first.store.assessment(netuid, 2))?.logText ?? '')
      const cheatLog = log.miners.find((miner) => miner.hotkey === addresses[2])
      expect(
        cheatLog?.work
          .flatMap((item) => item.checks)
          .filter((check) => check.state === 'fail')
          .map((check) => check.name),
      ).toEqual(['digest', 'committed'])

      // Epoch 3: one of the large ones sleeps. 60 % is no quorum: nothing is paid, emission accrues.
      small.start()
      await second.stop()
      await ledger.moveTo(epochWindow(clock, 3).startsAtSeconds + 450)
      honest.work('g', epochWindow(clock, 3).startsAtSeconds + 450)
      await passEpoch(world, 3, { works: 1, commits: 2, reveals: 2, isRootExpected: false })
      expect(await chain.roots(netuid)).toHaveLength(2)
      second.start()

      // Epoch 4: everybody is back, but the two large keys first sign a wrong root; the third loop shows it to the ledger, they are slashed, and all submit theirs.
      await ledger.moveTo(epochWindow(clock, 4).startsAtSeconds + 450)
      honest.work('h', epochWindow(clock, 4).startsAtSeconds + 450)
      await passEpoch(world, 4, { works: 1, commits: 3, reveals: 3, isRootExpected: false, stopAtRoot: true })
      const wrongHash = await submitWrongRoot(world, 4)
      await until('the wrong root is disabled', async () => chain.isDisabled(wrongHash))
      for (const validator of world.validators) validator.start()
      await until('the right root stands', async () => {
        await ledger.moveTo((await ledger.nowSeconds()) + 5)
        return (await chain.roots(netuid)).at(-1)?.epoch === 4
      })
      const last = (await chain.roots(netuid)).at(-1)
      expect(last?.resultHash).not.toBe(wrongHash)
      // What epoch 3 left unpaid came with epoch 4.
      const accruedAfter = (await chain.accrued(netuid, 5)) as Accrual
      const unpaidAfter = accruedAfter.miners - (last?.result.minersTotal ?? 0n)
      expect(unpaidAfter >= 0n && unpaidAfter < 12n).toBe(true)
      const disputes = world.validators.flatMap(({ events }) => events.filter((event) => event.kind === 'disputed'))
      expect(disputes).toEqual([{ kind: 'disputed', epoch: 4, what: 'seat' }])
      await until('all who signed the wrong root are slashed', async () =>
        world.validators.some(({ events }) => events.some((event) => event.kind === 'punished')),
      )
      for (const [index, { hotkey }] of world.validators.entries()) {
        const [, onRoot] = await ledger.reader.readContract({
          address: ledger.network.contracts.staking,
          abi: alphaStakingAbi,
          functionName: 'positionOf',
          args: [0, hotkey, hotkey],
        })
        const slashed = ((stakes[index] as bigint) * (index === 2 ? 5n : 4n)) / 5n
        expect(onRoot === slashed || onRoot + 1n === slashed).toBe(true)
      }
      const problems = [...first.events, ...second.events, ...small.events].filter((event) => event.kind === 'problem')
      expect(problems.map((event) => (event.kind === 'problem' ? String(event.error) : ''))).toEqual([])
      expect(miners.flatMap((miner) => miner.errors)).toEqual([])
    } finally {
      await world.close()
    }
  }, 180_000)

  it('reveals after a kill -9 between commit and reveal, also without its disk', async () => {
    const { netuid, genesisSeconds } = await ledger.createSubnet(digestSpecHash)
    const clock = { genesisSeconds, ...testPhases }
    const account = ledger.nextAccount()
    const chain = connect(ledger.network, account.privateKey).ledger
    const miner = new TestMiner()
    const minerAccount = ledger.nextAccount()
    await ledger.join(minerAccount, netuid, await miner.listen())
    await miner.start(ledger.network, minerAccount.privateKey, netuid, folder)
    await ledger.join(account, netuid, 'http://127.0.0.1:9', 10n * token)
    const timekeeper = await startTestTimekeeper(ledger)
    const child = (disk = folder): Child => {
      const place = { network: timekeeper.network, privateKey: account.privateKey, netuid, folder: disk, port: 0 }
      return startChild('validator-child.ts', place)
    }
    let running = child()
    const killAfterCommit = async (epoch: number, disk = folder): Promise<void> => {
      await ledger.moveTo(Math.max(epochWindow(clock, epoch).startsAtSeconds + 10, await ledger.nowSeconds()))
      miner.work(`x${epoch}`, await ledger.nowSeconds())
      await ledger.moveTo(epochWindow(clock, epoch).endsAtSeconds + 30)
      await until('the miner committed', async () => (await chain.workCommitments(netuid, epoch)).length === 1)
      await ledger.moveTo(epochWindow(clock, epoch).workCommitEndsAtSeconds + 1)
      await until(
        'the commitment is on the ledger',
        async () => (await chain.weights(netuid, epoch, account.address)).commitment !== undefined,
      )
      await running.kill('SIGKILL')
      await ledger.moveTo(epochWindow(clock, epoch).weightCommitEndsAtSeconds + 1)
      running = child(disk)
      await until('it looked around again', () => running.lines.some((line) => line.includes('listening')))
    }
    const isRevealed = async (epoch: number): Promise<boolean> =>
      (await chain.weights(netuid, epoch, account.address)).rowHash !== undefined
    try {
      // With salt and row on disk no timekeeper is needed.
      timekeeper.mood = 'away'
      await killAfterCommit(1)
      await until('the row is revealed', () => isRevealed(1))
      expect((await chain.reveals(netuid, 1)).map(({ hotkey }) => hotkey)).toEqual([account.address])

      await running.kill('SIGKILL')
      running = child()
      await ledger.moveTo(epochWindow(clock, 1).revealEndsAtSeconds + 1)
      await until('the only validator submits alone', async () => (await chain.roots(netuid)).length === 1)

      const empty = mkdtempSync(join(tmpdir(), 'koinon-subnets-'))
      timekeeper.mood = 'honest'
      await killAfterCommit(2, empty)
      const [commitment] = await chain.weightsCommitments(netuid, 2)
      expect(hexToBytes(commitment?.sealed as Hex)).toHaveLength(249 + 4)
      await ledger.moveTo(epochWindow(clock, 2).weightCommitEndsAtSeconds + 80)
      await until('it opened its own row with the timekeeper', () => isRevealed(2))
      expect((await chain.reveals(netuid, 2))[0]?.row).toBe((await chain.reveals(netuid, 1))[0]?.row)
      await until('it says so', () => running.lines.some((line) => line.includes('"openedFor"')))
      expect(running.lines.filter((line) => line.includes('"problem"'))).toEqual([])
      await running.kill('SIGTERM')
      rmSync(empty, { recursive: true, force: true })
    } finally {
      await running.kill('SIGTERM')
      await miner.close()
      await timekeeper.close()
    }
  }, 120_000)
})

/** What each seat was paid by a result. */
async function leavesOf({ chain, clock, netuid }: ValidatorWorld, epoch: number, { words }: PreviousResult) {
  return seatClaims(await chain.seatsAt(netuid, epochWindow(clock, epoch).endsAtSeconds - 1), words)
}

/** The two large keys sign a result that pays everything to one account; the loop of the small one sees it. */
async function submitWrongRoot(world: ValidatorWorld, epoch: number): Promise<Hex> {
  const { chain, netuid, ledger, validators } = world
  const previousRoot = (await chain.roots(netuid)).at(-1)
  const history = new EpochHistory({ netuid, ledger: chain, aggregator: digestSubnet.aggregator })
  const previous = await history.resultBehind(previousRoot as NonNullable<typeof previousRoot>)
  const right = await history.compute(epoch, previous)
  // All ranks for the third seat.
  const seats = right.posting.seats.map((word, uid) => {
    const numbers = parseSeatWord(word)
    return uid > 2 ? word : seatWord({ ...numbers, rank: uid === 2 ? 1n << 32n : 0n })
  })
  const posting = { ...right.posting, seats }
  const result = { ...right.result, root: resultRoot(posting) }
  expect(result.root).not.toBe(right.result.root)
  const { resultHash, signers, signatures } = signResult(world, result, [0, 1])
  await connect(ledger.network, ledger.owner.privateKey).writer.submitRoot(result, posting, signers, signatures)
  validators[2]?.start()
  return resultHash
}
