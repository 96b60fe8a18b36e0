import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { subnetTermsAbi } from '@koinon/ledger/abis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SubmittedRoot } from '../client/index.ts'
import { hashOfWords } from '../rules/epoch-record.ts'
import { type EpochComputation, subnetFromDefinition } from '../rules/index.ts'
import { keccakHex } from '../rules/words.ts'
import { digestSpecHash, digestSubnet } from '../testing/digest-subnet.ts'
import { startTestLedger, type TestAccount, type TestLedger, token, until } from '../testing/test-ledger.ts'
import { connect, createTestValidator, type TestValidator } from '../testing/test-peers.ts'
import {
  reachRoots,
  rootStake,
  signResult,
  startValidatorWorld,
  stealHalf,
  type ValidatorWorld,
} from '../testing/validator-world.ts'
import { EpochHistory } from './epoch-history.ts'

/** The same with an aggregator that hands on state. */
const yumaSubnet = {
  ...digestSubnet,
  ...subnetFromDefinition({ ...digestSubnet, aggregatorName: 'yuma3' }),
}

let ledger: TestLedger
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'koinon-wrong-root-'))
  ledger = await startTestLedger()
}, 120_000)
afterAll(async () => {
  await ledger.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('after a wrong root that nobody disputed in time', () => {
  it(
    'wrong ones are disputed and their signers slashed, and right ones are signed',
    () => goesOn(digestSubnet),
    240_000,
  )
  it('also where state was carried that nobody can compute', () => goesOn(yumaSubnet), 240_000)
})

describe('after a file with another aggregator', () => {
  it('results are signed on top of what the earlier file left', async () => {
    const world = await startValidatorWorld(ledger, folder, [40n * token], { subnet: yumaSubnet, miners: 1 })
    const { chain, netuid, validators, validatorAccounts } = world
    const standing = async (epoch: number): Promise<SubmittedRoot> => {
      await until(`epoch ${epoch} has a root`, async () => (await chain.roots(netuid)).at(-1)?.epoch === epoch)
      return (await chain.roots(netuid)).at(-1) as SubmittedRoot
    }
    try {
      await reachRoots(world, 1)
      validators[0]?.start()
      const first = await standing(1)
      expect(first.posting.carry).toHaveLength(1)
      await ledger.owner.sender.call({
        address: ledger.network.contracts.terms,
        abi: subnetTermsAbi,
        functionName: 'announceUpdate',
        args: [netuid, '', digestSpecHash],
      })
      await validators.pop()?.close()
      const key = (validatorAccounts[0] as TestAccount).privateKey
      const gone = await createTestValidator(ledger.network, key, netuid, folder)
      validators.push(gone)
      await reachRoots(world, 4)
      gone.start()
      const next = await standing(4)
      expect(next.result).toMatchObject({ specHash: digestSpecHash, previousHash: first.resultHash })
      expect(gone.events.filter(({ kind }) => kind === 'problem')).toEqual([])
    } finally {
      await world.close()
    }
  }, 240_000)
})

async function goesOn(subnet: typeof digestSubnet): Promise<void> {
  const world = await startValidatorWorld(ledger, folder, [20n * token, 40n * token, 40n * token], {
    subnet,
    miners: 1,
  })
  const { chain, netuid, validators } = world
  const [honest, ...thieves] = validators as [TestValidator, TestValidator, TestValidator]
  const history = () => new EpochHistory({ netuid, ledger: chain, aggregator: subnet.aggregator })
  try {
    await reachRoots(world, 1)
    const first = await submitForged(world, await history().compute(1, undefined), true)
    await ledger.moveTo(first.activatesAtSeconds + 1)

    await reachRoots(world, 2)
    const right = await history().compute(2, await history().resultBehind(first))
    const second = await submitForged(world, right, false)
    honest.start()
    await until('the second wrong one is disputed', () => chain.isDisabled(second.resultHash))
    await until('its signers are slashed', () => honest.events.some(({ kind }) => kind === 'punished'))
    expect(honest.events.find(({ kind }) => kind === 'disputed')).toEqual({
      kind: 'disputed',
      epoch: 2,
      what: 'amount',
    })
    for (const { hotkey } of thieves) expect((await rootStake(world, hotkey)) / 10n ** 15n).toBe(32_000n)

    for (const validator of thieves) validator.start()
    await until('the right result stands', async () => {
      await ledger.moveTo((await ledger.nowSeconds()) + 5)
      return (await chain.roots(netuid)).at(-1)?.epoch === 2
    })
    const last = (await chain.roots(netuid)).at(-1)
    expect(last?.result).toEqual(right.result)
    expect(last?.result.previousHash).toBe(first.resultHash)
    expect(last?.posting.carry).toHaveLength(subnet === yumaSubnet ? 1 : 0)
    await until('the honest one signed it', () =>
      honest.events.some((event) => event.kind === 'attested' && event.epoch === 2),
    )
    expect(validators.flatMap(({ events }) => events.filter(({ kind }) => kind === 'problem'))).toEqual([])
  } finally {
    await world.close()
  }
}

/** What the two thieves sign, submitted; with a carry that stands for nothing where it says so. */
async function submitForged(
  world: ValidatorWorld,
  computed: EpochComputation,
  isCarryForged: boolean,
): Promise<SubmittedRoot> {
  const { result, posting } = stealHalf(computed)
  const carry = isCarryForged ? [keccakHex(new Uint8Array(7))] : posting.carry
  const forged = { ...result, carryHash: hashOfWords(carry) }
  const { resultHash, signers, signatures } = signResult(world, forged, [1, 2])
  const { writer } = connect(ledger.network, ledger.owner.privateKey)
  await writer.submitRoot(forged, { ...posting, carry }, signers, signatures)
  const root = (await world.chain.roots(world.netuid)).at(-1) as SubmittedRoot
  expect(root.resultHash).toBe(resultHash)
  return root
}
