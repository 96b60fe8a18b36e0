import { type Hex, KoinonError } from '@koinon/base'
import type { ChainEngine, EngineBlock, GasCaps, MineRequest } from './evm-engine.ts'
import type { ChainGenesis } from './genesis.ts'

/** How to reach one engine process or instance. */
export type EngineTransport = {
  request(method: string, params: readonly unknown[]): Promise<unknown>
  close(): Promise<void>
}

/** What differs between engines that speak the same kind of JSON-RPC. */
export type RpcEngineOptions = {
  readonly name: string
  readonly version: string
  readonly hardfork: string
  readonly gasCaps: GasCaps
  /** Method that sets PREVRANDAO of the next block, or undefined when the engine derives its own. */
  readonly prevRandaoMethod: string | undefined
  /** Prefix of the state-setting methods, e.g. `hardhat` or `anvil`. */
  readonly prefix: string
  open(genesis: ChainGenesis): Promise<EngineTransport>
}

/** A {@link ChainEngine} over an engine's own JSON-RPC. */
export function createRpcEngine(options: RpcEngineOptions): ChainEngine {
  let transport: EngineTransport | undefined
  const request = async (method: string, params: readonly unknown[]): Promise<unknown> => {
    if (transport === undefined) throw notRunning(options.name)
    return transport.request(method, params)
  }
  const latestBlock = async (): Promise<EngineBlock> =>
    toBlock(await request('eth_getBlockByNumber', ['latest', false]))

  return {
    name: options.name,
    version: options.version,
    hardfork: options.hardfork,
    gasCaps: options.gasCaps,
    prevRandao: options.prevRandaoMethod === undefined ? 'derived' : 'given',
    request,
    latestBlock,
    async start(genesis) {
      transport = await options.open(genesis)
      for (const account of genesis.accounts) {
        await request(`${options.prefix}_setBalance`, [account.address, quantity(account.balanceWei)])
      }
      for (const predeploy of genesis.predeploys) {
        await request(`${options.prefix}_setNonce`, [predeploy.address, '0x1'])
        await request(`${options.prefix}_setCode`, [predeploy.address, predeploy.runtimeBytecode])
      }
    },
    async stop() {
      const open = transport
      transport = undefined
      await open?.close()
    },
    async addTransaction(raw) {
      return (await request('eth_sendRawTransaction', [raw])) as Hex
    },
    async dropTransaction(hash) {
      await request(`${options.prefix}_dropTransaction`, [hash])
    },
    async mine({ timestampSeconds, prevRandao }: MineRequest) {
      await request('evm_setNextBlockTimestamp', [timestampSeconds])
      if (options.prevRandaoMethod !== undefined) await request(options.prevRandaoMethod, [prevRandao])
      await request('evm_mine', [])
      return latestBlock()
    },
    async alignClock(nowSeconds) {
      const pending = toBlock(await request('eth_getBlockByNumber', ['pending', false]))
      const behindSeconds = nowSeconds - pending.timestampSeconds
      if (behindSeconds > 0) await request('evm_increaseTime', [behindSeconds])
    },
  }
}

function quantity(value: bigint): Hex {
  return `0x${value.toString(16)}`
}

function toBlock(value: unknown): EngineBlock {
  const block = value as Record<string, string> & { readonly transactions: readonly Hex[] }
  return {
    number: Number(block.number),
    hash: block.hash as Hex,
    timestampSeconds: Number(block.timestamp),
    receiptsRoot: block.receiptsRoot as Hex,
    gasUsed: BigInt(block.gasUsed ?? 0),
    gasLimit: BigInt(block.gasLimit ?? 0),
    baseFeePerGas: BigInt(block.baseFeePerGas ?? 0),
    transactions: block.transactions,
  }
}

function notRunning(name: string): KoinonError {
  return new KoinonError({
    code: 'chain/engine-stopped',
    message: `The ${name} engine is not running`,
    hint: 'Start the chain first.',
    retry: 'later',
  })
}
