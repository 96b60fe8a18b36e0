/** The real contracts on a real EDR in this process, behind HTTP, with a clock that a test can move. Nothing of it is for production. */
import { createServer } from 'node:http'
import { type Address, type Hex, isKoinonError, sleep, toAddress } from '@koinon/base'
import {
  createLedgerReader,
  createLedgerWriter,
  createSubnet,
  joinSubnet,
  type LedgerReader,
  type NetworkFile,
  quoteLock,
  TransactionSender,
} from '@koinon/ledger'
import { koinonTokenAbi, poolEmissionAbi, subnetsAbi } from '@koinon/ledger/abis'
import { deployContracts } from '@koinon/ledger/deploy'
import { predeploys } from '@koinon/ledger/predeploys'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { ensurePermitSought, ensureRootStake } from '../client/validator-stake.ts'

export const testChainId = 424_243
export const testPhases = {
  epochSeconds: 1_000,
  workCommitSeconds: 100,
  weightCommitSeconds: 200,
  weightRevealSeconds: 100,
  activationDelaySeconds: 50,
}
/** One token. */
export const token = 10n ** 18n
/** Of every seat: a flat price, the least that a subnet may ask. */
export const registrationBurn = token / 2_000n
/** Alpha a second of every subnet, and KOIN a second for all together. */
export const testEmissionPerSecond = token / 100n
const testPeriodSeconds = 12
const accountsFunded = 16

export type TestAccount = { readonly address: Address; readonly privateKey: Hex; readonly sender: TransactionSender }

export type TestLedger = {
  readonly network: NetworkFile
  readonly reader: LedgerReader
  /** The deployer, who holds all tokens. */
  readonly owner: TestAccount
  /** Funded accounts that nobody uses yet, in order. */
  nextAccount(): TestAccount
  createSubnet(
    specHash: Hex,
    maxValidators?: number,
    phases?: typeof testPhases,
  ): Promise<{ readonly netuid: number; readonly genesisSeconds: number }>
  /** Registers; when an amount is given, stakes that KOIN on the root and asks for a permit. */
  join(account: TestAccount, netuid: number, endpoint: string, stake?: bigint): Promise<void>
  /** Moves the ledger's clock forward to a time; does nothing when it is past already. */
  moveTo(seconds: number): Promise<void>
  nowSeconds(): Promise<number>
  /** Moves to the end of the period under way and takes the step of emission that it completes. */
  advanceEmission(): Promise<void>
  close(): Promise<void>
}

export async function startTestLedger(): Promise<TestLedger> {
  const keys = Array.from({ length: accountsFunded }, () => generatePrivateKey())
  const provider = await openEdr(keys)
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', async () => {
      const call = JSON.parse(Buffer.concat(chunks).toString()) as { id: number; method: string; params?: unknown[] }
      const base = { jsonrpc: '2.0', id: call.id }
      const answer = await provider.request({ method: call.method, params: call.params ?? [] }).then(
        (result) => ({ ...base, result }),
        (error: { code?: number; message: string; data?: unknown }) => ({
          ...base,
          error: { code: error.code ?? -32_000, message: error.message, data: error.data },
        }),
      )
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(answer))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const rpcUrl = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  const bare = {
    v: 1,
    name: 'test',
    chainId: testChainId,
    chainKind: 'embedded',
    rpcUrl,
    startBlock: 0,
    isTest: true,
  } as const
  const partial = { ...bare, contracts: {} as NetworkFile['contracts'] }
  const reader = createLedgerReader(partial)
  const accounts = keys.map((privateKey): TestAccount => {
    const writer = createLedgerWriter(partial, privateKey)
    return {
      address: toAddress(privateKeyToAccount(privateKey).address),
      privateKey,
      sender: new TransactionSender(reader, writer),
    }
  })
  const owner = accounts.shift() as TestAccount
  for (const { address, runtimeBytecode } of predeploys)
    await provider.request({ method: 'hardhat_setCode', params: [address, runtimeBytecode] })
  const contracts = await deployContracts({
    reader,
    sender: owner.sender,
    parameters: {
      genesisAmount: 1_000_000n * token,
      koinPerSecond: testEmissionPerSecond,
      alphaPerSecond: testEmissionPerSecond,
      periodSeconds: BigInt(testPeriodSeconds),
      restSeconds: 86_400n,
      minimumLock: token,
      unbondingSeconds: 86_400n,
      rootWeight: token,
    },
    onDeployed: () => undefined,
  })
  const network: NetworkFile = { ...bare, contracts }
  const pendingSeconds = async () => Number((await reader.getBlock({ blockTag: 'pending' })).timestamp)
  const moveTo = async (seconds: number): Promise<void> => {
    const delta = seconds - (await pendingSeconds())
    if (delta <= 0) return
    await provider.request({ method: 'evm_increaseTime', params: [delta] })
    await provider.request({ method: 'evm_mine', params: [] })
  }
  const emission = { address: contracts.emission, abi: poolEmissionAbi } as const
  const advanceEmission = async (): Promise<void> => {
    const startsAt = await reader.readContract({ ...emission, functionName: 'startsAt' })
    const periods = Math.floor(((await pendingSeconds()) - startsAt) / testPeriodSeconds) + 1
    await moveTo(startsAt + periods * testPeriodSeconds)
    await owner.sender.call({ ...emission, functionName: 'advance', args: [128n] }).catch((error: unknown) => {
      // A validator that runs beside the test was faster: before the estimate, or between it and the block.
      const wasFaster = isKoinonError(error) && (error.code === 'ledger/reverted' || error.message.includes('TooEarly'))
      if (!wasFaster) throw error
    })
  }

  return {
    network,
    reader,
    owner,
    nextAccount() {
      return accounts.shift() as TestAccount
    },
    async createSubnet(specHash, maxValidators = 16, phases = testPhases) {
      // Not in the second in which a step ended: it would take part in the next one, which others may not expect.
      await moveTo((await pendingSeconds()) + 1)
      const membership = { network, reader, sender: owner.sender }
      const rules = {
        minBurn: registrationBurn,
        maxBurn: registrationBurn,
        burnHalfLifeSeconds: 60,
        immunitySeconds: 0,
        noticeSeconds: 60,
        maxRegistrationsPerEpoch: 256,
      }
      const netuid = await createSubnet(
        membership,
        {
          name: 'test',
          metadataURI: '',
          specHash,
          ...phases,
          maxNeurons: 16,
          minValidatorStake: 10n * token,
          maxValidators,
          initialBurn: registrationBurn,
          rules,
        },
        await quoteLock(membership),
      )
      const onSubnets = { address: contracts.subnets, abi: subnetsAbi } as const
      const genesis = await reader.readContract({ ...onSubnets, functionName: 'genesisOf', args: [netuid] })
      // A subnet takes part in steps that begin after it came.
      await advanceEmission()
      return { netuid, genesisSeconds: genesis }
    },
    async join(account, netuid, endpoint, stake) {
      const membership = { network, reader, sender: account.sender }
      await owner.sender.call({
        address: contracts.token,
        abi: koinonTokenAbi,
        functionName: 'transfer',
        args: [account.address, registrationBurn + (stake ?? 0n)],
      })
      await joinSubnet(membership, netuid, endpoint)
      if (stake === undefined) return
      await ensureRootStake(membership, stake)
      await ensurePermitSought(membership, netuid)
    },
    moveTo,
    nowSeconds: pendingSeconds,
    advanceEmission,
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
      await provider.close()
    },
  }
}

/** Waits until the condition holds. Throws with what was waited for when the deadline passes. */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  timeoutMs = 45_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Timed out waiting until ${what}`)
    await sleep(50)
  }
}

async function openEdr(privateKeys: readonly Hex[]) {
  process.env['HARDHAT_DISABLE_TELEMETRY'] = 'true'
  const { createHardhatRuntimeEnvironment } = await import('hardhat/hre')
  const runtime = await createHardhatRuntimeEnvironment(
    {
      networks: {
        test: {
          type: 'edr-simulated',
          chainType: 'l1',
          chainId: testChainId,
          networkId: testChainId,
          hardfork: 'prague',
          accounts: privateKeys.map((privateKey) => ({ privateKey, balance: (10n ** 21n).toString() })),
          blockGasLimit: 60_000_000n,
          allowBlocksWithSameTimestamp: true,
          throwOnTransactionFailures: false,
          loggingEnabled: false,
        },
      },
    },
    {},
    import.meta.dirname,
  )
  const connection = await runtime.network.create({ network: 'test' })
  return {
    request: (call: { method: string; params: unknown[] }) => connection.provider.request(call),
    close: () => connection.close(),
  }
}
