import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemRandom } from '@koinon/base'
import { joinSubnet, readNeurons } from '@koinon/ledger'
import { koinonTokenAbi } from '@koinon/ledger/abis'
import { type AccountKey, accountKey, openHome } from '@koinon/node/home'
import { openMembership } from '@koinon/node/joined'
import { readBalances } from '@koinon/node/wallet'
import { type PoolLedger, startPoolLedger } from '@koinon/subnets/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runKoinon } from '../testing/run-koinon.ts'

const unit = 10n ** 18n
const folder = mkdtempSync(join(tmpdir(), 'koinon-cli-miner-'))
let place: PoolLedger
let wallet: AccountKey
let miner: AccountKey
let validator: AccountKey
let netuid: number
beforeAll(async () => {
  place = await startPoolLedger()
  const home = openHome(join(folder, 'home'))
  const { network, owner } = place.ledger
  writeFileSync(home.networkFile, JSON.stringify(network))
  netuid = await place.openSubnet(100n * unit)
  wallet = accountKey(home, 'wallet', systemRandom)
  miner = accountKey(home, `subnet-${netuid}-miner`, systemRandom)
  validator = accountKey(home, `subnet-${netuid}-validator`, systemRandom)
  const token = { address: network.contracts.token, abi: koinonTokenAbi, functionName: 'transfer' } as const
  for (const { address } of [miner, validator]) {
    await owner.sender.send({ to: address, value: 10n ** 18n }, 'funding')
    await owner.sender.call({ ...token, args: [address, 2n * unit] })
    await place.mint(netuid, address, 4n * unit)
  }
}, 120_000)
afterAll(async () => {
  await place?.ledger.close()
  rmSync(folder, { recursive: true, force: true })
})

const koinon = (...args: readonly string[]) => runKoinon(join(folder, 'home'), ...args)
const koinOf = async (address: AccountKey['address']) =>
  (await readBalances(place.ledger.reader, place.ledger.network, address)).koin

async function refused(...args: readonly string[]): Promise<string> {
  const { stdout } = await koinon('--json', ...args)
  return (JSON.parse(stdout) as { error: { code: string } }).error.code
}

describe('what a miner or validator of a subnet file earned', () => {
  it('is shown, with how to withdraw it', async () => {
    const { stdout } = await koinon('miner', 'status')
    expect(stdout).toContain(`subnet-${netuid}-miner`)
    expect(stdout).toMatch(/state +does not run; .*koinon miner start/)
    expect(stdout).toContain(`${miner.address}, the miner's own`)
    expect(stdout).toContain(`4 alpha of subnet ${netuid}`)
    expect(stdout).toMatch(new RegExp(`to spend it +.*koinon miner withdraw .*--netuid ${netuid}`))
    expect(stdout).not.toContain('not yet claimed')
  })

  it('is told when it stops, which keeps the seat or gives it back', async () => {
    const { network, reader } = place.ledger
    await joinSubnet(openMembership(network, miner), netuid, 'http://127.0.0.1:1')
    const seats = async () => (await readNeurons(reader, network, netuid)).map(({ hotkey }) => hotkey)
    expect((await koinon('miner', 'stop', '--keep-seat')).stdout).toContain('Stopped; the seat is kept.')
    expect(await seats()).toContain(miner.address)
    const { stdout } = await koinon('miner', 'stop')
    expect(stdout).toContain('Stopped; the seat was given back.')
    expect(stdout).toMatch(new RegExp(`koinon miner status .*--netuid ${netuid}`))
    expect(await seats()).not.toContain(miner.address)
  })

  it('comes to the wallet, as alpha or sold', async () => {
    const sold = await koinon('miner', 'withdraw', '--yes')
    expect(sold.stdout).toMatch(new RegExp(`Sold 4 alpha of subnet ${netuid} for 3\\.\\d+ KOIN`))
    expect(sold.stdout).toContain(`from ${miner.address} to ${wallet.address}`)
    expect(await koinOf(wallet.address)).toBeGreaterThan(5n * unit)
    expect(await koinOf(miner.address)).toBe(0n)
    const sent = await koinon('validator', 'withdraw', '--netuid', `${netuid}`, '--alpha', '--yes')
    expect(sent.stdout).toContain(`Sent 4 alpha of subnet ${netuid}`)
    expect(await koinOf(validator.address)).toBe(0n)
    const named = await koinon('validator', 'withdraw', '--account', `subnet-${netuid}-validator`, '--yes')
    expect(named.stdout).toContain('holds no money to send')
  })

  it.each([
    [['miner', 'status', '--netuid', '77'], 'home/no-key'],
    [['miner', 'withdraw', '--netuid', '77'], 'home/no-key'],
    [['miner', 'stop', '--netuid', '77'], 'home/no-key'],
    [['validator', 'withdraw', '--netuid', '1', '--account', 'validator'], 'usage/one-of'],
    [['provider', 'withdraw'], 'home/no-key'],
  ])('refuses %j', async (args, code) => {
    expect(await refused(...args)).toBe(code)
  })
})

describe('koinon audit export', () => {
  it('reads no copy', async () => {
    expect(await refused('audit', 'export', join(folder, 'copy'), '--data', join(folder, 'other'))).toBe(
      'usage/bad-command-line',
    )
  })
})
