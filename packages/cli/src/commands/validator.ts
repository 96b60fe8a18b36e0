import { systemClock } from '@koinon/base'
import { currentApiKey, defaultHomePath } from '@koinon/node/home'
import { JoinedNode, type JoinedRole, requirePublishedHost } from '@koinon/node/joined'
import { defaultModel, resolveModel } from '@koinon/node/local'
import type { Command } from 'commander'
import { beaconEndpoints, beaconRelaysFlag, beaconRelaysHelp } from '../beacon-options.ts'
import { type ConfirmGasOption, confirmGas, confirmGasFlag, confirmGasHelp } from '../confirm-gas-option.ts'
import { gatewayUrlOf } from '../gateway-url.ts'
import { parseNetuid } from '../netuid.ts'
import { parseInteger } from '../runner.ts'
import { matchUpToHelp, maxBurnHelp, type SeatOptions, seatConfig } from '../seat-options.ts'
import { type StayOptions, stay } from '../stay.ts'
import { startMember } from './miner.ts'
import { defineWithdraw } from './provider-withdraw.ts'
import { defineValidatorChildren } from './validator-children.ts'
import { defineValidatorList } from './validator-list.ts'
import { defineValidatorTake } from './validator-take.ts'

type StartOptions = StayOptions & {
  readonly model?: string
  readonly file?: readonly string[]
  readonly netuid: string
  readonly host: string
  readonly port: string
  readonly publicUrl?: string
  readonly beaconRelays?: string
} & SeatOptions &
  ConfirmGasOption

const publicUrlHint = ' Or say with --public-url where others reach this machine.'

export function defineValidator(validator: Command): void {
  validator
    .command('start')
    .description('take a seat, stake KOIN, ask for the permit to vote, then check miners and earn until Ctrl-C')
    .option('--model <file.gguf>', 'model to replay answers with; must be the file that miners serve', undefined)
    .option(
      '--file <subnet.ts...>',
      'check the miners of a subnet that is one file, instead of those that sell inference; give the announced version as well to go over to it in time',
    )
    .option('--netuid <n>', 'subnet', '1')
    .option('--host <address>', 'address to bind; told to others where there is no --public-url', '127.0.0.1')
    .option('--port <n>', 'port to bind; 0 keeps the last one or takes a free one', '0')
    .option('--public-url <url>', 'URL under which other validators reach this machine')
    .option(beaconRelaysFlag, `${beaconRelaysHelp} (default: those of the network file)`)
    .option(confirmGasFlag, confirmGasHelp)
    .option('--max-burn <koin>', maxBurnHelp)
    .option('--match-up-to <koin>', matchUpToHelp)
    .addHelpText(
      'after',
      '\nNeeds KOIN for the stake on the root (more than a faucet gives) and an API key for its probes: koinon wallet balance, koinon keys create --label validator',
    )
    .action(async (_options: unknown, command: Command) => {
      const { file, ...options } = command.optsWithGlobals<StartOptions>()
      return file === undefined ? startValidator(options) : startMember('validator', { ...options, file })
    })
  defineValidatorList(validator)
  defineWithdraw(validator, 'validator')
  defineValidatorTake(validator)
  defineValidatorChildren(validator)
}

function startValidator(options: StartOptions): Promise<never> {
  return stay<JoinedRole>({
    options,
    create: async (say) => {
      if (options.publicUrl === undefined) await requirePublishedHost(options.host, publicUrlHint)
      const model = options.model === undefined ? defaultModel() : await resolveModel(options.model)
      const common = {
        netuid: parseNetuid(options.netuid, '--netuid'),
        host: options.host,
        port: parseInteger(options.port, '--port', 0, 65_535),
        ...(options.publicUrl === undefined ? {} : { publicUrl: options.publicUrl }),
        ...seatConfig(options),
        ...beaconEndpoints(options),
        ...confirmGas(options),
      }
      return new JoinedNode({
        homePath: options.home ?? defaultHomePath(),
        clock: systemClock,
        onProgress: (_role, text) => say(`  ${text}`),
        configure: (home, network) => ({
          ...common,
          kind: 'validator',
          isLocal: false,
          name: 'validator',
          homePath: home.path,
          modelPath: model.path,
          gatewayUrl: gatewayUrlOf(network, 'to probe miners through'),
          apiKey: currentApiKey(home).apiKey,
        }),
      })
    },
    readyJson: ({ info }) => ({ pid: process.pid, endpoint: info.url, account: info.account, ...info.facts }),
    welcome: ({ info, network }) =>
      `Validating on "${network.name}" at ${info.url}\nAccount ${info.account}, uid ${info.facts?.['uid']}\n`,
    goodbye: 'stopped; the seat and the stake are kept',
  })
}
