import { resolve } from 'node:path'
import { systemClock } from '@koinon/base'
import { defaultHomePath } from '@koinon/node/home'
import type { SubnetMember } from '@koinon/node/joined'
import { JoinedNode, type JoinedRole, requirePublishedHost } from '@koinon/node/joined'
import type { Command } from 'commander'
import { beaconEndpoints } from '../beacon-options.ts'
import { type ConfirmGasOption, confirmGas } from '../confirm-gas-option.ts'
import { parseNetuid } from '../netuid.ts'
import { memberAccount } from '../role-account.ts'
import { parseInteger } from '../runner.ts'
import { matchUpToHelp, maxBurnHelp, type SeatOptions, seatConfig } from '../seat-options.ts'
import { type StayOptions, stay } from '../stay.ts'
import { defineMinerStatus } from './miner-status.ts'
import { defineMinerStop } from './miner-stop.ts'
import { defineWithdraw } from './provider-withdraw.ts'

export type MemberOptions = StayOptions &
  ConfirmGasOption &
  SeatOptions & {
    /** Versions of one file. */
    readonly file: readonly string[]
    readonly netuid: string
    readonly host: string
    readonly port: string
    readonly publicUrl?: string
    readonly beaconRelays?: string
  }

const publicUrlHint = ' Or say with --public-url where others reach this machine.'

export function defineMiner(miner: Command): void {
  miner
    .command('start')
    .description('register, answer every epoch\'s questions with the file\'s "serve" and earn until Ctrl-C')
    .requiredOption(
      '--file <subnet.ts...>',
      "the subnet's file, with a serve of your own if you like; with several versions, each epoch goes by the one that holds",
    )
    .requiredOption('--netuid <n>', 'subnet')
    .option('--host <address>', 'address to bind; told to others where there is no --public-url', '127.0.0.1')
    .option('--port <n>', 'port to bind; 0 keeps the last one or takes a free one', '0')
    .option('--public-url <url>', 'URL under which validators reach this machine')
    .option('--max-burn <koin>', maxBurnHelp)
    .option('--match-up-to <koin>', matchUpToHelp)
    .addHelpText(
      'after',
      '\nThe home must have joined a network: koinon join <gateway URL>.\nTo earn more than the baseline, change "serve" in your copy of the file; questions and scores must stay as they are.',
    )
    .action(async (_options: unknown, command: Command) =>
      startMember('miner', command.optsWithGlobals<MemberOptions>()),
    )
  defineMinerStatus(miner)
  defineMinerStop(miner)
  defineWithdraw(miner, 'miner')
}

/** Runs one account of a subnet file on the network that the home joined. */
export function startMember(kind: SubnetMember['kind'], options: MemberOptions): Promise<never> {
  const netuid = parseNetuid(options.netuid, '--netuid')
  return stay<JoinedRole>({
    options,
    create: async (say) => {
      if (options.publicUrl === undefined) await requirePublishedHost(options.host, publicUrlHint)
      const seat = seatConfig(options)
      const member = {
        name: memberAccount(netuid, kind),
        kind,
        port: parseInteger(options.port, '--port', 0, 65_535),
        ...(options.publicUrl === undefined ? {} : { publicUrl: options.publicUrl }),
      }
      return new JoinedNode({
        homePath: options.home ?? defaultHomePath(),
        clock: systemClock,
        onProgress: (_role, text) => say(`  ${text}`),
        configure: (home) => ({
          kind: 'subnet',
          name: member.name,
          homePath: home.path,
          host: options.host,
          netuid,
          file: resolve(options.file[0] as string),
          otherFiles: options.file.slice(1).map((path) => resolve(path)),
          members: [member],
          ...seat,
          ...beaconEndpoints(options),
          ...confirmGas(options),
          isLocal: false,
        }),
      })
    },
    readyJson: ({ info }) => ({ pid: process.pid, endpoint: info.url, account: info.account, ...info.facts }),
    welcome: ({ info, network }) =>
      `${kind === 'miner' ? 'Answering' : 'Validating'} in subnet ${netuid} of "${network.name}" at ${info.url}\nAccount ${info.account}, uid ${info.facts?.['uid']}\n`,
    goodbye: kind === 'miner' ? 'stopped; the seat is kept' : 'stopped; the seat and the stake are kept',
  })
}
