import { existsSync } from 'node:fs'
import { KoinonError, systemRandom } from '@koinon/base'
import { checkChain, createLedgerReader, loadNetworkFile } from '@koinon/ledger'
import { accountKey, openHome, writeFileDurably } from '@koinon/node/home'
import { networkOf } from '@koinon/node/wallet'
import { sealSentence, sealTrust } from '@koinon/subnets'
import type { Command } from 'commander'
import { joinedAccounts, joinedSteps } from '../earnings-words.ts'
import { confirm, runCommand } from '../runner.ts'

export function defineJoin(join: Command): void {
  join
    .argument('<network>', 'network file, or the URL of a gateway of the network')
    .option('-y, --yes', 'replace the network this home belongs to')
    .addHelpText(
      'after',
      '\nExamples:\n  koinon join http://192.0.2.7:8402\n  koinon join network.json --home ~/koinon-miner',
    )
    .action(
      runCommand(async (context, source: string, options: { readonly yes?: boolean }) => {
        context.say(`reading the network file of ${source} ...`)
        const network = await loadNetworkFile(source)
        context.say(`asking the ledger at ${network.rpcUrl} whether it is the one ...`)
        await checkChain(createLedgerReader(network), network)
        const home = openHome(context.home.path)
        if (existsSync(home.networkFile)) {
          const current = networkOf(home)
          if (current.contracts.subnets === network.contracts.subnets && current.chainId === network.chainId) {
            context.say('This home already belongs to that network; its addresses are refreshed.')
          } else if (existsSync(`${home.chain}/journal`)) {
            throw new KoinonError({
              code: 'home/own-network',
              message: `The home ${home.path} runs a network of its own`,
              hint: 'Join from another home: --home DIR.',
            })
          } else
            await confirm(
              context,
              `This home belongs to the network "${current.name}". Replace it by "${network.name}"?`,
              options.yes === true,
            )
        }
        writeFileDurably(home.networkFile, `${JSON.stringify(network, null, 2)}\n`, 0o644)
        const wallet = accountKey(home, 'wallet', systemRandom)
        const head = `Joined "${network.name}" (chain ${network.chainId}${network.isTest ? ', test money' : ''}).`
        return {
          data: {
            network: network.name,
            chainId: network.chainId,
            home: home.path,
            wallet: wallet.address,
            isTest: network.isTest,
            beacon: sealTrust(network),
          },
          text: context.isQuiet
            ? head
            : context.typed(
                [
                  head,
                  joinedAccounts(wallet.address),
                  `Weights: ${sealSentence(network)}`,
                  ...joinedSteps(network.isTest),
                ].join('\n'),
              ),
        }
      }),
    )
}
