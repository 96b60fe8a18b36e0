import { createRequire } from 'node:module'
import { type ChainEngine, EngineRpcError } from './evm-engine.ts'
import { blockGasLimit, type ChainGenesis, genesisBaseFeeWei } from './genesis.ts'
import { createRpcEngine, type EngineTransport } from './rpc-engine.ts'

const require = createRequire(import.meta.url)
const zeroCoinbase = `0x${'00'.repeat(20)}`

/**
 * EDR keeps a record of every executed instruction until a call or block ends (NomicFoundation/edr#1657): about 0.7 kB and
 * 2-4 microseconds each, measured. An instruction costs one gas or more, so this cap bounds a hostile transaction to about
 * 7 GB and 40 seconds. Deploying staking with permits and delegation, and opening a step of emission of 128 subnets, take about 8 million
 * each, and senders add a fifth.
 */
const defaultTransactionGasCap = 10_000_000n

export type EdrEngineOptions = {
  /** Most gas of one transaction or call. A block takes transactions with twice that in all. Default 10,000,000. */
  readonly maxTransactionGas?: bigint
}

/**
 * The default engine: EDR inside this process, through hardhat's network API. No port, no unlocked accounts, no funded
 * accounts other than the genesis. Loads hardhat on first start (about 0.15 s).
 */
export function createEdrEngine(options: EdrEngineOptions = {}): ChainEngine {
  const cap = options.maxTransactionGas ?? defaultTransactionGasCap
  const hardhat = require('hardhat/package.json') as {
    readonly version: string
    readonly dependencies: Readonly<Record<string, string>>
  }
  return createRpcEngine({
    name: 'edr',
    version: `hardhat ${hardhat.version}, edr ${hardhat.dependencies['@nomicfoundation/edr']}`,
    hardfork: 'prague',
    gasCaps: { transaction: cap, block: 2n * cap, call: cap },
    prevRandaoMethod: 'hardhat_setPrevRandao',
    prefix: 'hardhat',
    open: (genesis) => openEdr(genesis, cap),
  })
}

async function openEdr(genesis: ChainGenesis, transactionGasCap: bigint): Promise<EngineTransport> {
  // hardhat reports usage from interactive terminals unless this is set; a Koinon node reports nothing to anybody.
  process.env.HARDHAT_DISABLE_TELEMETRY = 'true'
  const { createHardhatRuntimeEnvironment } = await import('hardhat/hre')
  const runtime = await createHardhatRuntimeEnvironment(
    {
      networks: {
        koinon: {
          type: 'edr-simulated',
          chainType: 'l1',
          chainId: genesis.chainId,
          networkId: genesis.chainId,
          hardfork: 'prague',
          accounts: [],
          coinbase: zeroCoinbase,
          initialDate: new Date(genesis.timestampSeconds * 1000),
          initialBaseFeePerGas: genesisBaseFeeWei,
          blockGasLimit,
          transactionGasCap,
          allowBlocksWithSameTimestamp: true,
          throwOnTransactionFailures: false,
          throwOnCallFailures: true,
          loggingEnabled: false,
          mining: { auto: false, interval: 0, mempool: { order: 'fifo' } },
        },
      },
    },
    {},
    import.meta.dirname,
  )
  const connection = await runtime.network.create({ network: 'koinon' })
  return {
    async request(method, params) {
      try {
        return await connection.provider.request({ method, params: [...params] })
      } catch (error) {
        throw toEngineError(error)
      }
    },
    close: () => connection.close(),
  }
}

function toEngineError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { code, data } = error as Error & { readonly code?: unknown; readonly data?: unknown }
  return typeof code === 'number' ? new EngineRpcError(code, error.message, data) : error
}
