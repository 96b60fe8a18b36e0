import { KoinonError, parseUnits, systemClock } from '@koinon/base'
import { askSupervisor, defaultHomePath, homeAt, type RoleStatus, runningSupervisor } from '@koinon/node/home'
import {
  findSeatChallenge,
  giveUpSeat,
  JoinedNode,
  type JoinedRole,
  type MachineBenchmark,
  type ProviderRoleConfig,
  readBenchmark,
  requirePublishedHost,
} from '@koinon/node/joined'
import { defaultModel, localPrices, resolveModel } from '@koinon/node/local'
import { networkOf, type ProviderEarnings, readEarnings } from '@koinon/node/wallet'
import { type Command, Option } from 'commander'
import { earningsFacts, keptSentence } from '../earnings-words.ts'
import { duration } from '../format/time.ts'
import { parseNetuid } from '../netuid.ts'
import { parseInteger, runCommand } from '../runner.ts'
import { matchUpToHelp, maxBurnHelp, type SeatOptions, seatConfig } from '../seat-options.ts'
import { type StayOptions, stay } from '../stay.ts'
import { stopRunning } from '../stop-running.ts'
import { facts } from '../table.ts'
import { defineWithdraw } from './provider-withdraw.ts'

type StartOptions = StayOptions & {
  readonly model?: string
  readonly upstream?: string
  readonly upstreamModel?: string
  readonly upstreamKeyEnv?: string
  readonly netuid: string
  readonly host: string
  readonly port: string
  readonly publicUrl?: string
  readonly promptPrice?: string
  readonly outputPrice?: string
  readonly parallel: string
} & SeatOptions

type StartedProvider = JoinedRole & { readonly earnings: ProviderEarnings | undefined }

const roleName = 'provider'
const publicUrlHint = ' Or say with --public-url where others reach this machine.'

export function defineProvider(provider: Command): void {
  defineStart(provider)
  defineStop(provider)
  defineStatus(provider)
  defineWithdraw(provider, roleName)
}

function defineStart(provider: Command): void {
  provider
    .command('start')
    .description('measure this machine, register, serve and earn until Ctrl-C')
    .option('--model <file.gguf>', 'model to serve (default: the demo model)')
    .addOption(
      new Option(
        '--upstream <url>',
        'answer with an OpenAI-compatible server (vLLM, Ollama, llama-server) instead of a model file; such answers cannot be replayed: they earn fees, and no emission where validators replay',
      ).conflicts('model'),
    )
    .option('--upstream-model <name>', 'model of that server; it is offered under the same name')
    .option('--upstream-key-env <variable>', 'environment variable that holds the key of that server')
    .option('--netuid <n>', 'subnet', '1')
    .option('--host <address>', 'address to bind; told to others where there is no --public-url', '127.0.0.1')
    .option('--port <n>', 'port to bind; 0 keeps the last one or takes a free one', '0')
    .option('--public-url <url>', 'URL under which gateways and validators reach this machine')
    .option('--prompt-price <dollars>', 'dollars a million prompt tokens')
    .option('--output-price <dollars>', 'dollars a million output tokens')
    .option('--parallel <n>', 'answers worked on at once', '4')
    .option('--max-burn <koin>', maxBurnHelp)
    .option('--match-up-to <koin>', matchUpToHelp)
    .action(async (_options: unknown, command: Command) => startProvider(command.optsWithGlobals<StartOptions>()))
}

function defineStop(provider: Command): void {
  provider
    .command('stop')
    .description('stop serving, claim what was earned and give the seat on the subnet back')
    .option('--netuid <n>', 'subnet', '1')
    .option('--keep-seat', 'stop only; come back later with the same seat')
    .action(
      runCommand(async ({ home, say, typed }, options: { readonly netuid: string; readonly keepSeat?: boolean }) => {
        const netuid = parseNetuid(options.netuid, '--netuid')
        const supervisor = runningSupervisor(home)
        if (supervisor !== undefined) {
          await stopRunning(home, options.keepSeat === true ? 'stop' : 'leave', () =>
            say('finishing answers under way and claiming ...'),
          )
        }
        if (options.keepSeat !== true) await giveUpSeat(home, roleName, netuid)
        // It has stopped, whether or not its books can be read.
        const earnings = await readEarnings(home, roleName).catch(() => undefined)
        const kept = earnings === undefined ? '' : `\n${typed(keptSentence(earnings, networkOf(home).isTest))}`
        const seat = options.keepSeat === true ? 'Stopped; the seat is kept.' : 'Stopped; the seat was given back.'
        return {
          data: { stopped: supervisor !== undefined, left: options.keepSeat !== true, earnings },
          text: `${seat}${kept}`,
        }
      }),
    )
}

function defineStatus(provider: Command): void {
  provider
    .command('status')
    .description('how the provider of this home is doing, and what it earned')
    .action(
      runCommand(async ({ home, typed }) => {
        const benchmark = readBenchmark(home, roleName)
        const earnings = await readEarnings(home, roleName)
        const challenge = await findSeatChallenge(home, roleName, 1).catch(() => undefined)
        const known = [
          ...(challenge === undefined ? [] : [['challenged', challenge] as const]),
          ...(earnings === undefined ? [] : earningsFacts(earnings, networkOf(home).isTest)),
          ...(benchmark === undefined ? [] : benchmarkFacts(benchmark)),
        ]
        if (runningSupervisor(home) === undefined)
          return {
            data: { running: false, benchmark, earnings },
            text: typed(
              `The provider does not run. Start it with "koinon provider start".${known.length === 0 ? '' : `\n\n${facts(known)}`}`,
            ),
          }
        const roles = await askSupervisor<readonly RoleStatus[]>(home, 'roles')
        const role = roles.find((candidate) => candidate.kind === 'provider')
        if (role === undefined)
          return { data: { running: false }, text: typed('This home runs something else; see "koinon status".') }
        return {
          data: { running: true, role, benchmark, earnings },
          text: typed(facts([...runningFacts(role), ...known])),
        }
      }),
    )
}

function runningFacts({ state, info, rssBytes, restarts }: RoleStatus): readonly (readonly [string, string])[] {
  return [
    ['state', state],
    ['endpoint', info?.url ?? ''],
    ['seat', `uid ${info?.facts?.['uid'] ?? '?'} on subnet ${info?.facts?.['netuid'] ?? '?'}`],
    ['model', String(info?.facts?.['model'] ?? '')],
    ['engine', String(info?.facts?.['engine'] ?? '')],
    ['memory', rssBytes === undefined ? '' : `${Math.round(rssBytes / 2 ** 20)} MiB`],
    ['restarts', String(restarts)],
  ]
}

function startProvider(options: StartOptions): Promise<never> {
  const netuid = (): number => parseNetuid(options.netuid, '--netuid')
  return stay<StartedProvider>({
    options,
    create: async (say) => {
      if (options.publicUrl === undefined) await requirePublishedHost(options.host, publicUrlHint)
      const served = await readServed(options)
      const common = {
        host: options.host,
        netuid: netuid(),
        port: parseInteger(options.port, '--port', 0, 65_535),
        ...seatConfig(options),
        maximumSequences: parseInteger(options.parallel, '--parallel', 1, 64),
        ...(options.publicUrl === undefined ? {} : { publicUrl: options.publicUrl }),
        prices: {
          promptPricePicoUsdPerToken: pricePerToken(options.promptPrice, localPrices.promptPricePicoUsdPerToken),
          outputPricePicoUsdPerToken: pricePerToken(options.outputPrice, localPrices.outputPricePicoUsdPerToken),
        },
      }
      const homePath = options.home ?? defaultHomePath()
      const node = new JoinedNode({
        homePath,
        clock: systemClock,
        onProgress: (_role, text) => say(`  ${text}`),
        configure: (home) => ({
          ...common,
          kind: 'provider',
          name: roleName,
          homePath: home.path,
          ...served,
        }),
      })
      return {
        // A role that serves is not stopped because its earnings cannot be read.
        start: async () => ({
          ...(await node.start()),
          earnings: await readEarnings(homeAt(homePath), roleName).catch(() => undefined),
        }),
        stop: () => node.stop(),
        stopRequested: node.stopRequested,
      }
    },
    readyJson: ({ info }) => ({
      pid: process.pid,
      endpoint: info.url,
      account: info.account,
      ...info.facts,
      benchmark: benchmarkOf(options),
    }),
    welcome: ({ info, network, earnings }) => {
      const benchmark = benchmarkOf(options)
      const shown = [
        ...(earnings === undefined ? [] : earningsFacts(earnings, network.isTest)),
        ...(benchmark === undefined ? [] : benchmarkFacts(benchmark)),
      ]
      return `Serving ${info.facts?.['model']} on "${network.name}" at ${info.url}
Seat: uid ${info.facts?.['uid']} on subnet ${info.facts?.['netuid']}
${options.upstream === undefined ? '' : `Answers come from ${options.upstream}. Nobody can replay them: they earn fees, and no emission where validators replay.\n`}${shown.length === 0 ? '' : `\n${facts(shown)}\n\n`}Ctrl-C pauses; "koinon provider stop" leaves the subnet; "koinon provider status" shows what it earned.
`
    },
    goodbye: 'stopped',
  })
}

/** What the options say is served. Throws `usage/*` and what finding a model file throws. */
async function readServed(options: StartOptions): Promise<Pick<ProviderRoleConfig, 'engine' | 'modelId'>> {
  const { upstream, upstreamModel, upstreamKeyEnv } = options
  if (upstream === undefined) {
    if (upstreamModel !== undefined || upstreamKeyEnv !== undefined) {
      throw incomplete('--upstream-model and --upstream-key-env go with --upstream')
    }
    const model = options.model === undefined ? defaultModel() : await resolveModel(options.model)
    return {
      engine: {
        kind: 'embedded',
        modelPath: model.path,
        benchmarkSinceMs: systemClock.nowMs(),
        ...(model.unsureBelow === undefined ? {} : { unsureBelow: model.unsureBelow }),
      },
      modelId: model.id,
    }
  }
  if (upstreamModel === undefined) throw incomplete('--upstream needs --upstream-model')
  return {
    engine: {
      kind: 'upstream',
      url: upstream,
      model: upstreamModel,
      ...(upstreamKeyEnv === undefined ? {} : { keyVariable: upstreamKeyEnv }),
    },
    modelId: upstreamModel,
  }
}

function incomplete(message: string): KoinonError {
  return new KoinonError({
    code: 'usage/upstream',
    message,
    hint: 'For example: koinon provider start --upstream http://127.0.0.1:11434 --upstream-model llama3.2:1b',
  })
}

/** The measurement that this start goes with; a server elsewhere is not measured. */
function benchmarkOf({ upstream, home }: StartOptions): MachineBenchmark | undefined {
  return upstream === undefined ? readBenchmark(homeAt(home ?? defaultHomePath()), roleName) : undefined
}

/** The measurement of this machine for people; the offer repeats it as the provider's own claim. */
function benchmarkFacts(benchmark: MachineBenchmark): readonly (readonly [string, string])[] {
  const { decode, suggestedSlots } = benchmark
  const served = decode.at(-1)
  const speeds = decode.map(({ slots, tokensPerSecond }) => `${Math.round(tokensPerSecond)} with ${slots}`).join(', ')
  return [
    [
      'measured',
      `${new Date(benchmark.measuredAtMs).toISOString()} on ${benchmark.processor}, ${benchmark.cores} cores`,
    ],
    ['loads in', `${duration(benchmark.loadMs)}, ${Math.round(benchmark.rssBytes / 2 ** 20)} MiB of memory`],
    ['reads', `${Math.round(benchmark.prefillTokensPerSecond)} prompt tokens a second`],
    ['writes', `tokens a second by answers at once: ${speeds}`],
    [
      'advice',
      served === undefined || served.slots === suggestedSlots
        ? `${suggestedSlots} at once suits this machine`
        : `--parallel ${suggestedSlots} is about as fast in all, and each answer is faster`,
    ],
  ]
}

/** Dollars a million tokens as pico-dollars a token: 1 dollar / 1e6 tokens = 1e6 pico-dollars. */
function pricePerToken(dollars: string | undefined, fallback: bigint): bigint {
  return dollars === undefined ? fallback : parseUnits(dollars, 6)
}
