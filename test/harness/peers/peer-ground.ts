/** A running network with a paywall and a facilitator of ours beside it, as the tests of payment peers see it: accounts, money, who sent what. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Address, bytesToHex, systemRandom } from '@koinon/base'
import { createLedgerReader, createLedgerWriter, type NetworkFile, TransactionSender } from '@koinon/ledger'
import { testDollarAbi } from '@koinon/ledger/abis'
import { accountKey, existingAccountKey, openHome } from '@koinon/node/home'
import { type Listening, listen, type TestNetwork as PaymentNetwork, party } from '@koinon/payments/testing'
import { koinon, koinonCommand } from '../cli.ts'
import { TestNetwork } from '../network.ts'
import { ProcessGroup } from '../process-group.ts'
import { waitFor } from '../wait.ts'

/** Money that left an account, and who sent the transaction. */
export type Transfer = { readonly to: Address; readonly amountAtomic: bigint; readonly sentBy: string }

export type PeerGround = {
  readonly net: PaymentNetwork
  readonly gatewayUrl: string
  readonly gatewayPayee: Address
  /** `koinon paywall` at 0.001 dollars a call, both wires, both back ends. */
  readonly paywallUrl: string
  readonly paywallPayee: Address
  /** `koinon facilitator`. */
  readonly facilitatorUrl: string
  /** Calls that reached the API behind the paywall. */
  paywallRuns(): number
  /** Another `koinon paywall` before the same API, of a home of its own. */
  startPaywall(name: string, ...args: readonly string[]): Promise<{ readonly url: string; readonly payee: Address }>
  /** Says who an account is, in the tables. */
  name(address: Address, name: string): void
  /** Dollars that left an account after a block. */
  transfersSince(block: bigint, from: Address): Promise<readonly Transfer[]>
  close(): Promise<void>
}

export const paywallPriceAtomic = 1_000n

/** Starts everything from the command line, as a user does; takes some twenty seconds. */
export async function startPeerGround(): Promise<PeerGround> {
  const network = new TestNetwork()
  const groups: ProcessGroup[] = []
  const names = new Map<string, string>()
  let runs = 0
  let upstream: Listening | undefined
  const close = async () => {
    for (const group of groups) await group.end('SIGTERM')
    await upstream?.close()
    if (network.isRunning) await network.stop()
    await network.dispose()
  }
  try {
    const ready = await network.start()
    upstream = await listen((_request, response) => {
      runs += 1
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ run: runs }))
    })
    const file = readFileSync(join(network.home, 'network.json'), 'utf8')
    const facts = JSON.parse(file) as NetworkFile
    const net = await paymentNetwork(facts, ready.gateway)

    async function joinAs(name: string): Promise<{ readonly home: string; readonly address: Address }> {
      const home = join(network.folder, name)
      const joined = await koinon(['join', ready.gateway, '--home', home])
      if (joined.code !== 0) throw new Error(`koinon join: ${joined.stderr}`)
      const { address } = accountKey(openHome(home), 'wallet', systemRandom)
      await net.fund(name, address)
      names.set(address.toLowerCase(), name)
      return { home, address }
    }

    async function stay(home: string, ...args: readonly string[]): Promise<string> {
      const group = new ProcessGroup(process.execPath, [
        koinonCommand,
        ...args,
        '--home',
        home,
        '--port',
        '0',
        '--json',
      ])
      groups.push(group)
      const line = await waitFor(`koinon ${args[0]} is ready`, 60_000, () => {
        if (group.exit !== undefined) throw new Error(`it ended: ${group.stderr}`)
        return group.stdout.includes('\n') && group.stdout
      })
      return (JSON.parse(line) as { url: string }).url
    }

    const { url: upstreamUrl } = upstream
    const startPaywall = async (name: string, ...args: readonly string[]) => {
      const { home, address: payee } = await joinAs(name)
      return { url: await stay(home, 'paywall', '--upstream', upstreamUrl, '--price', '0.001', ...args), payee }
    }
    const paywall = await startPaywall('koinon paywall')
    const facilitator = await joinAs('koinon facilitator')
    const gatewayPayee = existingAccountKey(openHome(network.home), 'gateway').address
    names.set(gatewayPayee.toLowerCase(), 'koinon gateway')
    return {
      net,
      gatewayUrl: `${ready.openai}/chat/completions`,
      gatewayPayee,
      paywallUrl: paywall.url,
      paywallPayee: paywall.payee,
      facilitatorUrl: await stay(facilitator.home, 'facilitator'),
      paywallRuns: () => runs,
      startPaywall,
      name: (address, name) => void names.set(address.toLowerCase(), name),
      transfersSince: (block, from) => transfersSince(net, names, block, from),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** The running network in the shape that the test parts of the payments package know. */
async function paymentNetwork(network: NetworkFile, gateway: string) {
  const reader = createLedgerReader(network)
  const { dollar, channels: escrow } = network.contracts
  const domain = { chainId: network.chainId, escrow }
  const bank = party('bank', domain)
  const gift = await fetch(`${gateway}/api/faucet`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ address: bank.address }),
  })
  if (!gift.ok) throw new Error(`the faucet: ${gift.status} ${await gift.text()}`)
  const senderOf = (key: Uint8Array) => new TransactionSender(reader, createLedgerWriter(network, bytesToHex(key)))
  const sender = senderOf(bank.secretKey)
  return {
    network,
    reader,
    domain,
    url: network.rpcUrl,
    async fund(name: string, address?: Address) {
      const member = party(name, domain)
      const to = address ?? member.address
      await sender.send({ to, value: 10n ** 16n }, 'funding')
      await sender.call({ address: dollar, abi: testDollarAbi, functionName: 'faucet', args: [to, 100_000_000n] })
      return { ...member, sender: senderOf(member.secretKey) }
    },
    dollarsOf: (address: Address) =>
      reader.readContract({ address: dollar, abi: testDollarAbi, functionName: 'balanceOf', args: [address] }),
    advanceSeconds: () => Promise.reject(new Error('a running network keeps its own time')),
    close: () => Promise.resolve(),
  }
}

async function transfersSince(
  net: PaymentNetwork,
  names: ReadonlyMap<string, string>,
  block: bigint,
  from: Address,
): Promise<readonly Transfer[]> {
  const events = await net.reader.getContractEvents({
    address: net.network.contracts.dollar,
    abi: testDollarAbi,
    eventName: 'Transfer',
    args: { from },
    fromBlock: block,
  })
  const later = events.filter(({ blockNumber }) => blockNumber > block)
  return Promise.all(
    later.map(async ({ args, transactionHash }) => {
      const { from: sender } = await net.reader.getTransaction({ hash: transactionHash })
      const { to, value } = args as { to: Address; value: bigint }
      return { to, amountAtomic: value, sentBy: names.get(sender.toLowerCase()) ?? sender }
    }),
  )
}
