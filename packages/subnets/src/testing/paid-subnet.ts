/** A subnet whose epochs a test walks through by hand, with everything in them that an audit looks at. */
import { createServer, type Server } from 'node:http'
import { type Address, bytesToHex, type Hex, hexToBytes, sha256Hex, signDigest, toAddress } from '@koinon/base'
import { alphaStakingAbi, koinonTokenAbi, subnetsAbi, subnetTermsAbi } from '@koinon/ledger/abis'
import {
  type EpochComputation,
  epochWindow,
  evidenceLogToText,
  type MinerEvidence,
  maximumScorePpm,
  objectionDigest,
  type PreviousResult,
  resultDigest,
  scoreEpoch,
  seatClaims,
  totalsOf,
  weightsCommitment,
} from '../rules/index.ts'
import { EpochHistory } from '../verifier/epoch-history.ts'
import { digestSpecHash, digestSubnet } from './digest-subnet.ts'
import { registrationBurn, type TestAccount, type TestLedger, testPhases, token } from './test-ledger.ts'
import { connect } from './test-peers.ts'

export type PaidSubnet = Awaited<ReturnType<typeof startPaidSubnet>>

/** Two validators, of whom the first publishes its scores, and two miners. The second epoch from now on counts. */
export async function startPaidSubnet(ledger: TestLedger) {
  const { netuid, genesisSeconds } = await ledger.createSubnet(digestSpecHash)
  const clock = { genesisSeconds, ...testPhases }
  const logs = new Map<string, string>()
  const { server, endpoint } = await publish(logs)
  const miners = [ledger.nextAccount(), ledger.nextAccount()]
  const validators = [ledger.nextAccount(), ledger.nextAccount()]
  for (const miner of miners) await ledger.join(miner, netuid, '')
  for (const [index, validator] of validators.entries())
    await ledger.join(validator, netuid, index === 0 ? endpoint : 'http://127.0.0.1:9', BigInt(40 + 20 * index) * token)
  const { ledger: chain } = connect(ledger.network, ledger.owner.privateKey)
  const writers = new Map(
    [...miners, ...validators].map((account) => [account, connect(ledger.network, account.privateKey).writer]),
  )
  const writer = (account: TestAccount) => writers.get(account) as NonNullable<ReturnType<typeof writers.get>>
  const history = new EpochHistory({ netuid, ledger: chain, aggregator: digestSubnet.aggregator })
  const signed = (digest: Uint8Array): readonly Hex[] =>
    [...validators]
      .sort((a, b) => (a.address < b.address ? -1 : 1))
      .map(({ privateKey }) => signDigest(digest, hexToBytes(privateKey)))
  let previous: PreviousResult | undefined

  return {
    netuid,
    clock,
    miners,
    validators,
    /**
     * Works, scores, commits, reveals, submits and pays an epoch. `scores` are the miners', in millionths. `leaver` gives up its seat before
     * its claim.
     */
    async passEpoch(
      epoch: number,
      scores: readonly number[],
      how: { readonly isObjectedFirst?: boolean; readonly leaver?: TestAccount | undefined } = {},
    ) {
      const window = epochWindow(clock, epoch)
      await ledger.moveTo(window.endsAtSeconds + 1)
      for (const miner of miners)
        await writer(miner).commitWork(netuid, epoch, sha256Hex(`${epoch} ${miner.address}`), 3)
      await ledger.moveTo(window.workCommitEndsAtSeconds + 1)
      await writer(miners[0] as TestAccount).drawBeacon(netuid, epoch)
      const beacon = (await chain.beacon(netuid, epoch)) as Hex
      const seats = await chain.seatsAt(netuid, window.endsAtSeconds - 1)
      const evidence = miners.map(({ address }, index) =>
        evidenceOf(seats.find(({ hotkey }) => hotkey === address)?.uid ?? 0, address, scores[index] as number),
      )
      const scored = scoreEpoch(digestSubnet, { netuid, epoch }, evidence, new Map())
      for (const [index, validator] of validators.entries()) {
        const log = {
          v: 1,
          netuid,
          epoch,
          validator: validator.address,
          specHash: digestSpecHash,
          beacon,
          miners: evidence,
          ...scored,
        } as const
        if (index === 0) logs.set(`/v1/evidence-log/${netuid}/${epoch}`, evidenceLogToText(log))
        const commitment = commitmentOf(validator, epoch, scored.row)
        await writer(validator).commitWeights(netuid, epoch, { commitment, specHash: digestSpecHash })
      }
      await ledger.moveTo(window.weightCommitEndsAtSeconds + 1)
      for (const validator of validators)
        await writer(validator).revealWeights(netuid, epoch, scored.row, saltOf(validator, epoch))
      await ledger.moveTo(window.revealEndsAtSeconds + 1)
      await ledger.advanceEmission()
      const computed = await history.compute(epoch, previous)
      const proposer = writer(validators[0] as TestAccount)
      const all = validators.map((_, place) => place)
      if (how.isObjectedFirst === true) {
        const wrong = { ...computed.result, dataHash: sha256Hex('wrong') }
        const digest = resultDigest(chain.domain, wrong)
        const hash: Hex = `0x${Buffer.from(digest).toString('hex')}`
        await proposer.submitRoot(wrong, computed.posting, all, signed(digest))
        await proposer.objectRoot(netuid, epoch, hash, signed(objectionDigest(chain.domain, netuid, epoch, hash)))
      }
      await proposer.submitRoot(
        computed.result,
        computed.posting,
        all,
        signed(resultDigest(chain.domain, computed.result)),
      )
      const { result, posting, carry } = computed
      const resultHash = bytesToHex(resultDigest(chain.domain, result))
      previous = { epoch, resultHash, words: posting, totals: totalsOf(result), carry }
      await ledger.moveTo((await ledger.nowSeconds()) + clock.activationDelaySeconds)
      if (how.leaver !== undefined) {
        const leave = {
          address: ledger.network.contracts.subnets,
          abi: subnetsAbi,
          functionName: 'deregister',
        } as const
        await how.leaver.sender.call({ ...leave, args: [netuid, how.leaver.address] })
      }
      await proposer.claimMany(netuid, epoch, seatClaims(seats, computed.posting))
      await proposer.claimOwner(netuid)
      return computed satisfies EpochComputation
    },
    /** Everything else that moves stakes and seats: a stranger stakes, takes back and is paid; a miner leaves, comes back; texts change. */
    async stir() {
      const stranger = ledger.nextAccount()
      const [hotkey, miner] = [validators[1] as TestAccount, miners[1] as TestAccount]
      const { contracts } = ledger.network
      const call = (
        account: TestAccount,
        address: Address,
        abi: readonly unknown[],
        functionName: string,
        args: readonly unknown[],
      ) => account.sender.call({ address, abi, functionName, args } as never)
      await call(ledger.owner, contracts.token, koinonTokenAbi, 'transfer', [stranger.address, 9n * token])
      await call(stranger, contracts.token, koinonTokenAbi, 'approve', [contracts.staking, 9n * token])
      const onStaking = (functionName: string, args: readonly unknown[]) =>
        call(stranger, contracts.staking, alphaStakingAbi, functionName, args)
      // On the root, where a share pool has a million shares for every unit until dividends or slashes move it.
      const sharesOf = (amount: bigint): bigint => amount * 1_000_000n
      await onStaking('stake', [0, hotkey.address, 9n * token])
      await onStaking('unstake', [0, hotkey.address, sharesOf(4n * token), 1n])
      await onStaking('unstake', [0, hotkey.address, sharesOf(1n * token), 1n])
      const seats = await ledger.reader.readContract({
        address: contracts.subnets,
        abi: subnetsAbi,
        functionName: 'neurons',
        args: [netuid],
      })
      const agentId = seats.find((seat) => toAddress(seat.hotkey) === miner.address)?.agentId
      const burn = registrationBurn
      await call(ledger.owner, contracts.token, koinonTokenAbi, 'transfer', [miner.address, burn])
      await call(miner, contracts.token, koinonTokenAbi, 'approve', [contracts.subnets, burn])
      await call(miner, contracts.subnets, subnetsAbi, 'deregister', [netuid, miner.address])
      await call(miner, contracts.subnets, subnetsAbi, 'register', [netuid, agentId, 'http://127.0.0.1:9', burn])
      await call(ledger.owner, contracts.terms, subnetTermsAbi, 'announceUpdate', [
        netuid,
        'https://example.org',
        sha256Hex('replaced'),
      ])
      await call(ledger.owner, contracts.terms, subnetTermsAbi, 'announceUpdate', [netuid, '', digestSpecHash])
      return { stranger, withdraw: () => onStaking('withdraw', [stranger.address, 1n]) }
    },
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }

  function saltOf(account: TestAccount, epoch: number): Hex {
    return sha256Hex(`salt ${epoch} ${account.address}`)
  }
  function commitmentOf(account: TestAccount, epoch: number, packedRow: Hex): Hex {
    const { chainId, weightsContract } = chain.domain
    return weightsCommitment({
      chainId,
      weightsContract,
      netuid,
      epoch,
      hotkey: account.address,
      packedRow,
      salt: saltOf(account, epoch),
    })
  }
}

function evidenceOf(uid: number, hotkey: Address, scorePpm: number): MinerEvidence {
  const state = scorePpm === maximumScorePpm ? 'pass' : 'fail'
  const work = {
    source: 'sample' as const,
    requestId: `0x${'01'.repeat(16)}` as Hex,
    receiptHash: sha256Hex(hotkey),
    checks: [{ name: 'digest', state, detail: 'digest of a text' } as const],
    facts: { length: 4 },
  }
  return { uid, hotkey, committedCount: 3, checks: [], work: [work], probesAsked: 0, probesAnswered: 0 }
}

async function publish(
  texts: ReadonlyMap<string, string>,
): Promise<{ readonly server: Server; readonly endpoint: string }> {
  const server = createServer((request, response) => {
    const text = texts.get(request.url ?? '')
    response.writeHead(text === undefined ? 404 : 200).end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, endpoint: `http://127.0.0.1:${(server.address() as { port: number }).port}` }
}
