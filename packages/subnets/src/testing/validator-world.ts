/** Miners and validators of the digest subnet on a test ledger, and the walk through their epochs. */
import { type Address, bytesToHex, type Hex, hexToBytes, signDigest } from '@koinon/base'
import { alphaStakingAbi } from '@koinon/ledger/abis'
import { type EpochComputation, type EpochResult, epochWindow, resultDigest } from '../rules/index.ts'
import { resultRoot } from '../rules/result-tree.ts'
import { amountWord, parseAmountWord } from '../rules/seat-words.ts'
import { digestSource, digestSubnet } from './digest-subnet.ts'
import { type TestAccount, type TestLedger, testPhases, until } from './test-ledger.ts'
import { connect, createTestValidator, TestMiner, type TestValidator } from './test-peers.ts'

type WorldOptions = { readonly subnet?: typeof digestSubnet; readonly miners?: number }
export type ValidatorWorld = Awaited<ReturnType<typeof startValidatorWorld>>

/** Three miners, unless it says how many, and a validator for each stake, running. Epoch 1 is the first that counts. */
export async function startValidatorWorld(
  ledger: TestLedger,
  folder: string,
  stakes: readonly bigint[],
  { subnet = digestSubnet, miners: minerCount = 3 }: WorldOptions = {},
) {
  const { netuid, genesisSeconds } = await ledger.createSubnet(subnet.specHash(digestSource))
  const clock = { genesisSeconds, ...testPhases }
  const chain = connect(ledger.network, ledger.owner.privateKey).ledger
  const minerAccounts = Array.from({ length: minerCount }, () => ledger.nextAccount())
  const miners = minerAccounts.map(() => new TestMiner())
  for (const [index, miner] of miners.entries()) {
    const account = minerAccounts[index] as TestAccount
    await ledger.join(account, netuid, await miner.listen())
    await miner.start(ledger.network, account.privateKey, netuid, folder)
  }
  const keys = stakes.map(() => ledger.nextAccount())
  const validators: TestValidator[] = []
  for (const [index, account] of keys.entries()) {
    const validator = await createTestValidator(ledger.network, account.privateKey, netuid, folder, { subnet })
    await ledger.join(account, netuid, validator.endpoint, stakes[index] as bigint)
    validator.start()
    validators.push(validator)
  }
  return {
    netuid,
    clock,
    ledger,
    chain,
    minerAccounts,
    miners,
    validators,
    validatorAccounts: keys,
    async close() {
      for (const validator of validators) await validator.close()
      for (const miner of miners) await miner.close()
    },
  }
}

export type ExpectedEpoch = {
  /** Miners that have work to commit. */
  readonly works: number
  readonly commits: number
  readonly reveals: number
  readonly isRootExpected?: boolean
  readonly stopAtRoot?: boolean
}

/** Walks the ledger's clock through the phases that follow an epoch. */
export async function passEpoch(
  { ledger, clock, chain, netuid, validators }: ValidatorWorld,
  epoch: number,
  expected: ExpectedEpoch,
): Promise<void> {
  const window = epochWindow(clock, epoch)
  await ledger.moveTo(window.endsAtSeconds + 30)
  await until(
    `miners committed work of epoch ${epoch}`,
    async () => (await chain.workCommitments(netuid, epoch)).length === expected.works,
  )
  await ledger.moveTo(window.workCommitEndsAtSeconds + 1)
  const committed = (validator: TestValidator): boolean =>
    validator.events.some((event) => event.kind === 'committed' && event.epoch === epoch)
  await until(`weights of epoch ${epoch} are committed`, () => validators.filter(committed).length === expected.commits)
  await ledger.moveTo(window.weightCommitEndsAtSeconds + 1)
  await until(
    `rows of epoch ${epoch} are revealed`,
    async () => (await chain.reveals(netuid, epoch)).length === expected.reveals,
  )
  if (expected.stopAtRoot === true) for (const validator of validators) await validator.stop()
  await ledger.moveTo(window.revealEndsAtSeconds + 1)
  if (expected.isRootExpected === false) {
    if (expected.stopAtRoot !== true) {
      // All who are awake have signed and had their turn at proposing.
      const attested = (validator: TestValidator): boolean =>
        validator.events.some((event) => event.kind === 'attested' && event.epoch === epoch)
      await until(`epoch ${epoch} is attested`, () => validators.filter(attested).length === expected.commits)
      await ledger.moveTo(window.endsAtSeconds + clock.epochSeconds - 20)
    }
    return
  }
  await until(`epoch ${epoch} has a root`, async () => {
    await ledger.moveTo((await ledger.nowSeconds()) + 5)
    return (await chain.roots(netuid)).at(-1)?.epoch === epoch
  })
  const activatesAtSeconds = (await chain.roots(netuid)).at(-1)?.activatesAtSeconds ?? 0
  await ledger.moveTo(activatesAtSeconds + 1)
}

/** One miner works; all commit and reveal; then all stop where results are signed. */
export async function reachRoots(world: ValidatorWorld, epoch: number): Promise<void> {
  const { ledger, validators } = world
  const window = epochWindow(world.clock, epoch)
  await ledger.moveTo(window.startsAtSeconds + 450)
  world.miners[0]?.work(`work of epoch ${epoch}`, window.startsAtSeconds + 450)
  await ledger.moveTo(window.endsAtSeconds)
  for (const validator of validators) validator.start()
  const all = validators.length
  await passEpoch(world, epoch, { works: 1, commits: all, reveals: all, isRootExpected: false, stopAtRoot: true })
}

/** KOIN that a validator of this world has on the root, for itself. */
export async function rootStake({ ledger }: Pick<ValidatorWorld, 'ledger'>, hotkey: Address): Promise<bigint> {
  const [, onRoot] = await ledger.reader.readContract({
    address: ledger.network.contracts.staking,
    abi: alphaStakingAbi,
    functionName: 'positionOf',
    args: [0, hotkey, hotkey],
  })
  return onRoot
}

/** Signatures of the validators with these numbers, as `submitRoot` takes them. */
export function signResult(
  { chain, validatorAccounts }: Pick<ValidatorWorld, 'chain' | 'validatorAccounts'>,
  result: EpochResult,
  numbers: readonly number[],
): { readonly resultHash: Hex; readonly signers: readonly number[]; readonly signatures: readonly Hex[] } {
  const digest = resultDigest(chain.domain, result)
  const ascending = [...validatorAccounts].sort((a, b) => (a.address < b.address ? -1 : 1))
  const signing = ascending.filter((account) => numbers.includes(validatorAccounts.indexOf(account)))
  return {
    resultHash: bytesToHex(digest),
    signers: signing.map((account) => ascending.indexOf(account)),
    signatures: signing.map(({ privateKey }) => signDigest(digest, hexToBytes(privateKey))),
  }
}

/** A result that gives half of what the best paid seat ever mined to another one, and the words behind it. */
export function stealHalf({ result, posting }: Pick<EpochComputation, 'result' | 'posting'>) {
  const paid = posting.amounts.map(parseAmountWord)
  const most = paid.reduce((best, { mined }, uid) => (mined > (paid[best]?.mined ?? 0n) ? uid : best), 0)
  const loot = (paid[most]?.mined ?? 0n) / 2n
  const thief = most === 0 ? 1 : 0
  const amounts = paid.map(({ mined, dividends }, uid) =>
    amountWord({ mined: uid === most ? mined - loot : uid === thief ? mined + loot : mined, dividends }),
  )
  const forged = { ...posting, amounts }
  return { posting: forged, result: { ...result, root: resultRoot(forged) } }
}
