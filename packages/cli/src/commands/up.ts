import { systemClock } from '@koinon/base'
import { parseTemplates, templateNames } from '@koinon/node/audit'
import { defaultHomePath } from '@koinon/node/home'
import {
  defaultModel,
  externalLedger,
  type LedgerSource,
  LocalNetwork,
  localSubnet,
  type NetworkStep,
  pageFault,
  type ReadyNetwork,
  resolveModel,
  shortestEpochSeconds,
} from '@koinon/node/local'
import { sealSentence } from '@koinon/subnets'
import { type Command, Option } from 'commander'
import {
  type BeaconOptions,
  beaconOption,
  beaconRelaysFlag,
  beaconRelaysHelp,
  parseBeaconChoice,
} from '../beacon-options.ts'
import { duration } from '../format/time.ts'
import { parseMaximumPrices } from '../maximum-prices.ts'
import { commandStyle } from '../next-step.ts'
import { roleProgress } from '../role-progress.ts'
import { parseInteger } from '../runner.ts'
import { type StayOptions, stay } from '../stay.ts'

type UpOptions = StayOptions &
  BeaconOptions & {
    readonly port: string
    readonly rpcPort: string
    readonly host: string
    readonly rpc?: string
    readonly model?: string
    readonly postgres?: string
    readonly maxPrice: readonly string[]
    readonly faucet?: true
    readonly subnets?: string
    readonly epochSeconds?: string
  }

const minersByDefault = 3
const validatorsByDefault = 2

export function defineUp(up: Command): void {
  up.option('--port <n>', 'gateway, API and page', '8402')
    .option('--rpc-port <n>', 'JSON-RPC of the ledger', '8545')
    .addOption(
      new Option('--rpc <url>', 'put the network on a chain that runs already, instead of one of its own').conflicts(
        'rpcPort',
      ),
    )
    .option(
      '--host <address>',
      'IPv4 address or name of this machine, to bind and to tell others; anything but 127.0.0.1 opens the network to other machines, and the page then shows only what everybody may see',
      '127.0.0.1',
    )
    .option('--model <file.gguf>', 'model that the miners serve (default: the demo model)')
    .option(
      '--subnets <names>',
      `template subnets to run beside the first: "all" or names with commas (${templateNames.join(', ')})`,
    )
    .option(
      '--epoch-seconds <n>',
      `how often subnets founded by this command pay (${shortestEpochSeconds} or more, default ${localSubnet.epochSeconds}; longer where blocks are slow); subnets that stand keep theirs, and stake of validators leaves a new network after five of them`,
    )
    .addOption(
      beaconOption(
        ['local', 'quicknet'],
        'what validators seal their weights to: a stand-in of this home, or the public beacon of drand, for machines with the internet (default: what the home has, at first local)',
      ),
    )
    .option(beaconRelaysFlag, beaconRelaysHelp)
    .option('--postgres <url>', 'keep the index in PostgreSQL instead of this home')
    .option(
      '--faucet',
      'give test money to strangers also with --rpc or a public --host, where only you get it otherwise',
    )
    .option(
      '--max-price <model=prompt,output>',
      'most that the gateway pays for a model, dollars a million tokens; may be given several times',
      (text: string, before: readonly string[]) => [...before, text],
      [],
    )
    .addHelpText(
      'after',
      '\nExamples:\n  koinon up\n  koinon up --home /tmp/other --port 9402 --rpc-port 9545\n  koinon up --model ~/models/some-q8_0.gguf\n  koinon up --home ~/on-base --rpc http://127.0.0.1:8545',
    )
    .action(async (_options: unknown, command: Command) => startNetwork(command.optsWithGlobals<UpOptions>()))
}

function startNetwork(options: UpOptions): Promise<never> {
  return stay<ReadyNetwork>({
    options,
    create: async (say) => {
      const model = options.model === undefined ? defaultModel() : await resolveModel(options.model)
      const beacon = parseBeaconChoice(options)
      const fault = pageFault()
      if (fault !== undefined)
        say(
          `  the page ${fault === 'older' ? 'is older than its sources' : 'is not built'}: npm run build --workspace apps/web`,
        )
      return new LocalNetwork({
        homePath: options.home ?? defaultHomePath(),
        host: options.host,
        port: parseInteger(options.port, '--port', 1, 65_535),
        ledger: ledgerSource(options, say),
        model,
        miners: minersByDefault,
        validators: validatorsByDefault,
        ...(options.postgres === undefined ? {} : { postgresUrl: options.postgres }),
        ...(options.faucet === true ? { faucet: 'open' } : {}),
        ...(options.subnets === undefined ? {} : { templates: parseTemplates(options.subnets) }),
        ...(options.epochSeconds === undefined
          ? {}
          : { epochSeconds: parseInteger(options.epochSeconds, '--epoch-seconds', shortestEpochSeconds, 86_400) }),
        ...(beacon === undefined ? {} : { beacon }),
        maximumPrices: parseMaximumPrices(options.maxPrice),
        command: commandStyle(options.home),
        clock: systemClock,
        onStep: (step) => describeStep(step).forEach(say),
        onProgress: roleProgress(say),
      })
    },
    readyJson: ({ gatewayUrl, pageUrl, rpcUrl, network, home, demoKey }) => ({
      gateway: gatewayUrl,
      openai: `${gatewayUrl}/v1`,
      dashboard: pageUrl,
      rpc: rpcUrl,
      chainId: network.chainId,
      home: home.path,
      pid: process.pid,
      apiKey: demoKey.apiKey,
    }),
    welcome,
    goodbye: 'stopped; everything is kept in the home',
  })
}

function ledgerSource({ rpc, rpcPort }: UpOptions, say: (text: string) => void): LedgerSource {
  if (rpc === undefined) return { kind: 'embedded', rpcPort: parseInteger(rpcPort, '--rpc-port', 1, 65_535) }
  const source = externalLedger(rpc)
  if (!/^(127\.0\.0\.1|localhost|\[::1\])$/.test(new URL(rpc).hostname))
    say(`  the gateway tells everyone who asks the address of the chain, as it is given: ${rpc}`)
  return source
}

function describeStep(step: NetworkStep): readonly string[] {
  if (step.state === 'begun') return []
  // What found nothing to do, or was done already beside other steps, says nothing.
  if (step.detail === 'none' || (step.detail === undefined && Math.round(step.durationMs ?? 0) === 0)) return []
  return [
    `  ${step.name.padEnd(24)} ${duration(step.durationMs ?? 0).padStart(8)}${step.detail === undefined ? '' : `   ${step.detail}`}`,
  ]
}

function welcome({ gatewayUrl, pageUrl, rpcUrl, demoKey, home, network }: ReadyNetwork, startedInMs: number): string {
  return `
Koinon is up after ${duration(startedInMs)}.

  page      ${pageUrl}  (${pageUrl.includes('#/open/') ? 'opens once; again: koinon status' : 'what everybody may see; nothing of the owner'})
  OpenAI    base URL ${gatewayUrl}/v1
            API key  ${demoKey.apiKey}
  ledger    ${rpcUrl}  (chain ${network.chainId}: ${network.chainKind === 'embedded' ? 'one sequencer on this machine, test money' : 'external; the network and its dollars are a test'})
  weights   ${sealSentence(network).replace('; ', ';\n            ')}${network.beacon?.kind === 'local' ? '\n            (that is you; for a public key over the internet: koinon up --beacon quicknet)' : ''}
  home      ${home.path}

Ask it something: koinon chat "What is a subnet?"      Stop: Ctrl-C (nothing is lost)
`
}
