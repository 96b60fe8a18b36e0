/** A subnet whose validators reveal rows and sign results by hand, without loops: what is tested looks at the ledger by itself. */
import { bytesToHex, type Hex, hexToBytes, signDigest } from '@koinon/base'
import type { SignedResult, SubmittedRoot } from '../client/index.ts'
import {
  type EpochComputation,
  epochWindow,
  type Posting,
  packRow,
  resultDigest,
  weightsCommitment,
} from '../rules/index.ts'
import { EpochHistory } from '../verifier/epoch-history.ts'
import { digestSpecHash, digestSubnet } from './digest-subnet.ts'
import { type TestAccount, type TestLedger, testPhases } from './test-ledger.ts'
import { connect } from './test-peers.ts'

export type RevealedSubnet = Awaited<ReturnType<typeof startRevealedSubnet>>
const salt: Hex = `0x${'5a'.repeat(32)}`

type RevealedOptions = {
  /** Of the validators, where somebody is to ask them. */
  readonly endpoints?: readonly string[]
  /** Of another file than the digest subnet's, under the same aggregator. */
  readonly specHash?: Hex
}

/** A validator for each stake, in their order, and two miners. Epoch 1 is the first that counts. */
export async function startRevealedSubnet(
  ledger: TestLedger,
  stakes: readonly bigint[],
  { endpoints = [], specHash = digestSpecHash }: RevealedOptions = {},
) {
  const { netuid, genesisSeconds } = await ledger.createSubnet(specHash)
  const clock = { genesisSeconds, ...testPhases }
  const validators = stakes.map(() => ledger.nextAccount())
  for (const [place, account] of validators.entries())
    await ledger.join(account, netuid, endpoints[place] ?? '', stakes[place])
  for (const miner of [ledger.nextAccount(), ledger.nextAccount()]) await ledger.join(miner, netuid, '')
  const { ledger: chain, writer } = connect(ledger.network, ledger.owner.privateKey)
  const history = new EpochHistory({ netuid, ledger: chain, aggregator: digestSubnet.aggregator })
  const rowOf = (voter: TestAccount): Hex =>
    packRow([0, 1, 2, 3, 4].map((uid) => ({ uid, weight: 1_000 * (uid + 1) + validators.indexOf(voter) })))
  const ascending = [...validators].sort((a, b) => (a.address < b.address ? -1 : 1))

  return {
    netuid,
    clock,
    validators,
    chain,
    /** Somebody without a permit. */
    writer,
    history,
    /** These validators reveal rows of an epoch; then its results may come. */
    async reveal(epoch: number, voters: readonly TestAccount[] = validators): Promise<void> {
      await this.commit(epoch, voters)
      await this.open(epoch, voters)
    },
    /** Ends in the reveal phase. */
    async commit(epoch: number, voters: readonly TestAccount[] = validators): Promise<void> {
      const window = epochWindow(clock, epoch)
      await ledger.moveTo(window.workCommitEndsAtSeconds + 1)
      const { weightsContract, chainId } = chain.domain
      for (const voter of voters) {
        const named = { chainId, weightsContract, netuid, epoch, hotkey: voter.address, packedRow: rowOf(voter), salt }
        const weights = { commitment: weightsCommitment(named), specHash }
        await connect(ledger.network, voter.privateKey).writer.commitWeights(netuid, epoch, weights)
      }
      await ledger.moveTo(window.weightCommitEndsAtSeconds + 1)
    },
    /** Ends in the root phase. */
    async open(epoch: number, voters: readonly TestAccount[] = validators): Promise<void> {
      for (const voter of voters)
        await connect(ledger.network, voter.privateKey).writer.revealWeights(netuid, epoch, rowOf(voter), salt)
      await ledger.advanceEmission()
      await ledger.moveTo(epochWindow(clock, epoch).revealEndsAtSeconds + 1)
    },
    /** On top of the last root. */
    async compute(epoch: number): Promise<EpochComputation> {
      const base = (await chain.roots(netuid)).at(-1)
      return history.compute(epoch, base && (await history.resultBehind(base)))
    },
    sign(result: EpochComputation['result'], { privateKey }: TestAccount): SignedResult {
      return { result, signature: signDigest(resultDigest(chain.domain, result), hexToBytes(privateKey)) }
    },
    /** Signed by these, ascending by address. */
    async submit(
      { result, posting }: { readonly result: EpochComputation['result']; readonly posting: Posting },
      signers: readonly TestAccount[] = validators,
    ): Promise<SubmittedRoot> {
      const signing = ascending.filter((account) => signers.includes(account))
      const places = signing.map((account) => ascending.indexOf(account))
      const signatures = signing.map((account) => this.sign(result, account).signature)
      await writer.submitRoot(result, posting, places, signatures)
      const resultHash = bytesToHex(resultDigest(chain.domain, result))
      const root = (await chain.roots(netuid)).find((one) => one.resultHash === resultHash)
      if (root === undefined) throw new Error('the ledger does not have the root')
      return root
    },
  }
}
