/**
 * `koinon network deploy` on chains that are not ours: a subnet is created, a provider of another home takes a seat and gives it back,
 * and a channel is paid into. The whole end-to-end suite runs there as stages of its own (vitest.anvil.config.ts, vitest.geth.config.ts).
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseUnits, systemClock, systemRandom } from '@koinon/base'
import {
  createLedgerReader,
  createLedgerWriter,
  loadNetworkFile,
  type NetworkFile,
  readNeurons,
  TransactionSender,
} from '@koinon/ledger'
import { koinonTokenAbi, subnetsAbi, testDollarAbi } from '@koinon/ledger/abis'
import { accountKey, openHome } from '@koinon/node/home'
import { ChannelOpener } from '@koinon/payments/client'
import { localDelegatingAccount } from '@koinon/payments/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { koinonCommand, koinonJson } from '../harness/cli.ts'
import { LedgerView } from '../harness/ledger.ts'
import { modelArguments } from '../harness/model.ts'
import { type OutsideChain, startAnvil, startGeth } from '../harness/outside-chains.ts'
import { ProcessGroup } from '../harness/process-group.ts'
import { waitFor } from '../harness/wait.ts'

const subnet = {
  specHash: `0x${'5b'.repeat(32)}`,
  name: 'inference',
  metadataURI: 'https://koinon.invalid/subnets/inference.json',
  epochSeconds: 60,
  workCommitSeconds: 10,
  weightCommitSeconds: 20,
  weightRevealSeconds: 10,
  activationDelaySeconds: 10,
  maxNeurons: 8,
  minValidatorStake: parseUnits('1000', 18),
  maxValidators: 8,
  initialBurn: parseUnits('1', 18),
  rules: {
    minBurn: parseUnits('1', 18),
    maxBurn: parseUnits('1', 18),
    burnHalfLifeSeconds: 600,
    immunitySeconds: 600,
    noticeSeconds: 300,
    maxRegistrationsPerEpoch: 256,
  },
} as const
const dollars = 5_000_000n

describe.each([
  ['anvil', startAnvil],
  ['geth --dev --datadir', startGeth],
])('on %s', (_name, startChain) => {
  const folder = mkdtempSync(join(tmpdir(), 'koinon-e2e-engine-'))
  const file = join(folder, 'network.json')
  const keyFile = join(folder, 'deployer')
  const home = openHome(join(folder, 'home'))
  let chain: OutsideChain
  let network: NetworkFile
  let founder: TransactionSender

  beforeAll(async () => {
    chain = await startChain()
    writeFileSync(keyFile, chain.bankKey, { mode: 0o600 })
    const deploy = ['network', 'deploy', '--rpc', chain.rpcUrl, '--key-file', keyFile, '--out', file, '--yes']
    const deployed = await koinonJson(deploy)
    expect(deployed.code, JSON.stringify(deployed.error)).toBe(0)
    network = await loadNetworkFile(file)
    founder = new TransactionSender(createLedgerReader(network), createLedgerWriter(network, chain.bankKey))
  })
  afterAll(async () => {
    await chain?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('has all contracts, and a subnet can be made', async () => {
    expect(network.chainId).toBe(chain.chainId)
    const { token, subnets } = network.contracts
    await founder.call({
      address: token,
      abi: koinonTokenAbi,
      functionName: 'approve',
      args: [subnets, parseUnits('100', 18)],
    })
    await founder.call({
      address: subnets,
      abi: subnetsAbi,
      functionName: 'createSubnet',
      args: [subnet, parseUnits('100', 18)],
    })
    const reader = createLedgerReader(network)
    expect(await reader.readContract({ address: subnets, abi: subnetsAbi, functionName: 'subnetCount' })).toBe(1)
  })

  it('takes a provider of another home in and lets it leave', async () => {
    expect((await koinonJson(['join', file, '--home', home.path])).code).toBe(0)
    const { address } = accountKey(home, 'provider', systemRandom)
    await founder.send({ to: address, value: parseUnits('1', 18) }, 'funding')
    const transfer = { address: network.contracts.token, abi: koinonTokenAbi, functionName: 'transfer' } as const
    await founder.call({ ...transfer, args: [address, parseUnits('5', 18)] })

    const start = ['provider', 'start', '--json', '--home', home.path, ...modelArguments(folder)]
    const provider = new ProcessGroup(process.execPath, [koinonCommand, ...start])
    try {
      await waitFor('the provider is ready', 60_000, () => {
        if (provider.exit !== undefined)
          throw new Error(`it ended with ${provider.exit}\n${provider.stdout}${provider.stderr}`)
        return provider.stdout.includes('"ready":true')
      })
      const seats = await readNeurons(createLedgerReader(network), network, 1)
      expect(seats.map(({ hotkey }) => hotkey)).toEqual([address])
      expect((await koinonJson(['provider', 'stop', '--home', home.path])).code).toBe(0)
      expect(await readNeurons(createLedgerReader(network), network, 1)).toEqual([])
    } finally {
      if (provider.isAlive()) await provider.end('SIGKILL')
    }
  })

  it('holds the deposit of a channel', async () => {
    const payer = accountKey(home, 'payer', systemRandom)
    await founder.send({ to: payer.address, value: parseUnits('1', 18) }, 'funding')
    const sender = new TransactionSender(createLedgerReader(network), createLedgerWriter(network, payer.privateKey))
    const faucet = { address: network.contracts.dollar, abi: testDollarAbi, functionName: 'faucet' } as const
    await sender.call({ ...faucet, args: [payer.address, dollars] })
    const opener = new ChannelOpener({
      reader: createLedgerReader(network),
      sender,
      payer: localDelegatingAccount(payer.secretKey),
      domain: { chainId: network.chainId, escrow: network.contracts.channels },
      token: network.contracts.dollar,
      collector: network.contracts.depositCollector,
      clock: systemClock,
      random: systemRandom,
    })
    const opened = await opener.open({
      receiver: founder.address,
      payerAuthorizer: payer.address,
      depositAtomic: dollars,
    })
    expect(opened).toMatchObject({ depositAtomic: dollars, claimedAtomic: 0n, status: 'open' })
    expect((await new LedgerView(home.path).balances('payer')).dollar).toBe(0n)
  })
})
