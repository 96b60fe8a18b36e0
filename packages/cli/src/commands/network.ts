import { existsSync, readFileSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Address, hexToBytes, KoinonError, parseUnits, secretKeyToAddress, toAddress } from '@koinon/base'
import {
  createLedgerReader,
  createLedgerWriter,
  type LedgerReader,
  type NetworkFile,
  TransactionSender,
} from '@koinon/ledger'
import { parsePolicyName } from '@koinon/ledger/deploy'
import { existingAccountKey, writeFileDurably } from '@koinon/node/home'
import {
  deploymentNote,
  deployNetwork,
  externalLedger,
  externalUnbondingSeconds,
  modelManifest,
  networkParametersFor,
  resolveModel,
} from '@koinon/node/local'
import { quicknetBeacon, sealSentence } from '@koinon/subnets'
import { policyWords } from '@koinon/subnets/pools'
import type { Command } from 'commander'
import {
  type BeaconOptions,
  beaconOption,
  beaconRelaysFlag,
  beaconRelaysHelp,
  parseBeaconChoice,
} from '../beacon-options.ts'
import { type CommandContext, type CommandResult, confirm, parseInteger, runCommand } from '../runner.ts'
import { facts } from '../table.ts'
import { defineNetworkSim } from './network-sim.ts'

type DeployFlags = BeaconOptions & {
  readonly rpc: string
  readonly name: string
  readonly out: string
  readonly dollar?: string
  readonly gateway?: string
  readonly keyFile?: string
  readonly genesis: string
  readonly unbondingSeconds: string
  readonly policy: string
  readonly defaultModel?: string
  readonly yes?: boolean
}

export function defineNetwork(network: Command): void {
  defineNetworkSim(network)
  network
    .command('deploy')
    .description(
      'begin a network of your own: put its contracts on an EVM chain, and write the network file by which others join it',
    )
    .requiredOption('--rpc <url>', 'URL at which the chain answers JSON-RPC')
    .option('--name <text>', 'name of the network', 'network')
    .option('--out <file>', 'network file to write', 'network.json')
    .option(
      '--dollar <address>',
      'dollar token that users will pay with, such as USDC (EIP-3009, 6 decimals); when left out, a worthless test dollar is deployed',
    )
    .option('--gateway <url>', 'URL of the gateway that the network file names, for those who join by it')
    .option(
      '--default-model <file.gguf>',
      'model that users get who ask for "default"; when left out, the one that most providers serve',
    )
    .addOption(
      beaconOption(
        ['quicknet', 'none'],
        'who can open the weights that validators commit to: everybody, as soon as their time has come, by the public beacon of drand (quicknet), or only they themselves (none)',
      ).default('quicknet'),
    )
    .option(beaconRelaysFlag, beaconRelaysHelp)
    .option('--key-file <file>', "file with the deployer's private key (default: the wallet of this home)")
    .option(
      '--genesis <koin>',
      'KOIN that the deployer gets at once, for stakes and subnets before any is earned',
      '1000000',
    )
    .option(
      '--unbonding-seconds <n>',
      'how long stake of validators takes to leave; two epochs of any subnet and the delay of its results must fit into it; fixed for ever',
      `${externalUnbondingSeconds}`,
    )
    .option(
      '--policy <name>',
      'how new KOIN is shared between subnets: userCapital, priceEma, hillGate, netFlow or equal; compare them with koinon network sim; fixed for ever',
      'userCapital',
    )
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      '\nThe deployer pays the gas of about 20 transactions. A broken-off deployment goes on where it stopped: run the same command again, with the same choices.',
    )
    .action(runCommand(deploy))
}

async function deploy(context: CommandContext, flags: DeployFlags): Promise<CommandResult> {
  const out = resolve(flags.out)
  requireNew(out)
  const unbondingSeconds = parseInteger(flags.unbondingSeconds, '--unbonding-seconds', 60, 365 * 86_400)
  const privateKey =
    flags.keyFile === undefined ? existingAccountKey(context.home, 'wallet').privateKey : readKeyFile(flags.keyFile)
  externalLedger(flags.rpc)
  const policy = parsePolicyName(flags.policy)
  const chainId = await chainIdAt(flags)
  const provisional = { ...emptyNetwork(flags, chainId), ...(await pinnedModel(flags.defaultModel)) }
  const reader = createLedgerReader(provisional)
  const sender = new TransactionSender(reader, createLedgerWriter(provisional, privateKey))
  await requireFunded(reader, sender.address, chainId)
  await confirm(context, `Deploy "${flags.name}" to chain ${chainId} from ${sender.address}?`, flags.yes === true)
  const notePath = deploymentNote(out, chainId)
  const network = await deployNetwork({
    draft: provisional,
    reader,
    sender,
    parameters: {
      ...networkParametersFor('external'),
      genesisAmount: parseUnits(flags.genesis, 18),
      unbondingSeconds: BigInt(unbondingSeconds),
    },
    notePath,
    policy,
    ...(flags.dollar === undefined ? {} : { dollar: toAddress(flags.dollar) }),
    onDeployed: (name, address) => context.say(`  ${name.padEnd(18)} ${address}`),
  })
  writeFileDurably(out, `${JSON.stringify(network, null, 2)}\n`, 0o644)
  rmSync(notePath, { force: true })
  return {
    data: { network, file: out },
    text: `Deployed "${flags.name}" to chain ${chainId}.\n${facts(Object.entries(network.contracts))}\n\nweights: ${sealSentence(network)}\nnew KOIN: shared ${policyWords(network.emissionPolicy ?? '0x')}\nNetwork file: ${out}`,
  }
}

/** Throws `usage/file-exists`. */
function requireNew(out: string): void {
  if (existsSync(out))
    throw new KoinonError({
      code: 'usage/file-exists',
      message: `${out} exists already`,
      hint: 'Choose another file with --out FILE.',
    })
}

/** Throws `ledger/rpc-unreachable`. */
function chainIdAt(flags: DeployFlags): Promise<number> {
  const probe = createLedgerReader(emptyNetwork(flags, 1))
  return probe.getChainId().catch((cause: Error) => {
    throw new KoinonError({
      code: 'ledger/rpc-unreachable',
      message: `${flags.rpc} does not answer`,
      hint: 'Check the URL.',
      retry: 'later',
      cause,
    })
  })
}

/** Throws `ledger/unfunded`. */
async function requireFunded(reader: LedgerReader, account: Address, chainId: number): Promise<void> {
  const balance = await reader.getBalance({ address: account })
  if (balance === 0n)
    throw new KoinonError({
      code: 'ledger/unfunded',
      message: `Account ${account} holds no gas money on chain ${chainId}`,
      hint: 'Send it some first.',
    })
}

function emptyNetwork(flags: DeployFlags, chainId: number): NetworkFile {
  return {
    v: 1,
    name: flags.name,
    chainId,
    chainKind: 'external',
    rpcUrl: flags.rpc,
    startBlock: 0,
    contracts: {} as NetworkFile['contracts'],
    isTest: flags.dollar === undefined,
    ...(flags.gateway === undefined ? {} : { gatewayUrl: flags.gateway }),
    ...beaconOf(flags),
  }
}

function beaconOf(flags: BeaconOptions): Pick<NetworkFile, 'beacon'> {
  const choice = parseBeaconChoice(flags)
  return choice?.kind === 'quicknet' ? { beacon: quicknetBeacon(choice.endpoints) } : {}
}

/** What the model id `default` stands for: the name that providers give this file, and its hash. */
async function pinnedModel(file: string | undefined): Promise<Pick<NetworkFile, 'defaultModel'>> {
  if (file === undefined) return {}
  const { id, path } = await resolveModel(file)
  return { defaultModel: { model: id, manifest: await modelManifest(path) } }
}

function readKeyFile(path: string): `0x${string}` {
  const text = readFileSync(path, 'utf8').trim()
  const hex = (text.startsWith('0x') ? text : `0x${text}`) as `0x${string}`
  try {
    secretKeyToAddress(hexToBytes(hex))
    return hex
  } catch {
    throw new KoinonError({
      code: 'usage/bad-key-file',
      message: `${path} does not hold a private key`,
      hint: 'It must hold 64 hexadecimal digits.',
    })
  }
}
