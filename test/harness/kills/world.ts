/** A ledger, a miner and a gateway as processes of one home, each of which can be killed and started again. */
import { type Address, systemRandom } from '@koinon/base'
import { type LedgerReader, unsettledBlocksOf } from '@koinon/ledger'
import { accountKey, type Home } from '@koinon/node/home'
import { ensureNetwork } from '../../../packages/node/src/local/contracts.ts'
import type { LedgerSource } from '../../../packages/node/src/local/ledger-source.ts'
import { localChainId, localFunding } from '../../../packages/node/src/local/parameters.ts'
import { inferenceSpecHash } from '../../../packages/node/src/local/subnet-spec.ts'
import { fundAccount, type Treasury } from '../../../packages/node/src/local/treasury.ts'
import { temporaryHome } from '../../../packages/node/src/testing/home.ts'
import { freePort } from '../ports.ts'
import { waitFor } from '../wait.ts'
import { RoleChild } from './role-child.ts'
import { echoModel, startEchoServer } from './upstream.ts'

/** What can be killed: `start` resolves when it serves again, `begin` does not wait. */
export type Victim = Pick<RoleChild, 'start' | 'begin' | 'kill'>

export type KillWorld = {
  readonly home: Home
  readonly treasury: Treasury
  readonly reader: LedgerReader
  readonly url: string
  readonly model: string
  readonly chain: Victim
  readonly gateway: Victim & Pick<RoleChild, 'stop'>
  /** Gives an account dollars, 1e-6 each, that no replaced block takes back. */
  fund(account: Address, dollarAtomic: bigint): Promise<void>
  close(): Promise<void>
}

const netuid = 1
const host = '127.0.0.1'
const nativeWei = 10n ** 19n
/** Half a dollar and two dollars a million tokens. */
const prices = { promptPricePicoUsdPerToken: 500_000n, outputPricePicoUsdPerToken: 2_000_000n }

/** `unit` draws how long answers take. `outside` is a chain of others with gas money at `bank`; left out, the ledger is the home's own. */
export async function openKillWorld(
  unit: () => number,
  outside?: { readonly rpcUrl: string; readonly victim: Victim; bank(account: Address): Promise<void> },
): Promise<KillWorld> {
  const { home, remove } = temporaryHome()
  const founder = accountKey(home, 'founder', systemRandom)
  const [rpcPort, gatewayPort, echo] = [await freePort(), await freePort(), await startEchoServer(unit, 40)]
  const common = { homePath: home.path, host }
  const rpcUrl = outside?.rpcUrl ?? `http://${host}:${rpcPort}`
  const source: LedgerSource = outside === undefined ? { kind: 'embedded', rpcPort } : { kind: 'external', rpcUrl }
  const chainRole = new RoleChild({
    ...common,
    kind: 'chain',
    name: 'chain',
    chainId: localChainId,
    rpcPort,
    genesisAccounts: [{ address: founder.address, balanceWei: 10n ** 24n }],
  })
  const gateway = new RoleChild({
    ...common,
    kind: 'gateway',
    name: 'gateway',
    port: gatewayPort,
    isLocal: true,
    netuid,
  })
  const miner = new RoleChild({
    ...common,
    kind: 'provider',
    name: 'provider-1',
    netuid,
    engine: { kind: 'upstream', url: echo.url, model: echoModel },
    modelId: echoModel,
    prices,
    port: await freePort(),
    maximumSequences: 64,
  })
  const close = async (): Promise<void> => {
    await Promise.all([gateway.kill(), miner.kill()])
    await chainRole.kill()
    await echo.close()
    remove()
  }
  try {
    if (outside === undefined) await chainRole.start()
    await outside?.bank(founder.address)
    const url = `http://${host}:${gatewayPort}`
    const treasury = await ensureNetwork({
      home,
      source,
      rpcUrl,
      gatewayUrl: url,
      specHash: inferenceSpecHash(),
      defaultModel: undefined,
      accounts: [],
    })
    for (const [name, funding] of [
      ['gateway', localFunding.gateway],
      ['provider-1', localFunding.miner],
    ] as const) {
      await fundAccount(treasury, accountKey(home, name, systemRandom).address, { nativeWei, ...funding })
    }
    await miner.start()
    await gateway.start()
    await deepen(treasury.reader, unsettledBlocksOf(treasury.network))
    return {
      home,
      treasury,
      reader: treasury.reader,
      url: `${url}/v1/chat/completions`,
      model: echoModel,
      chain: outside?.victim ?? chainRole,
      gateway,
      async fund(account, dollar) {
        await fundAccount(treasury, account, { nativeWei: 0n, koin: 0n, dollar })
        await deepen(treasury.reader, unsettledBlocksOf(treasury.network))
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Waits until so many blocks lie on top of what is there now. */
async function deepen(reader: LedgerReader, blocks: number): Promise<void> {
  if (blocks === 0) return
  const until = (await reader.getBlockNumber({ cacheTime: 0 })) + BigInt(blocks)
  await waitFor('blocks', 60_000, async () => (await reader.getBlockNumber({ cacheTime: 0 })) >= until)
}
