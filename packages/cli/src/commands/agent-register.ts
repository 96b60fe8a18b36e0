import { agentRefOf, findAgentOf, readAgent, registerAgent, setAgentUri, setAgentWallet } from '@koinon/agents/client'
import { formatAgentId } from '@koinon/agents/rules'
import { KoinonError } from '@koinon/base'
import { existingAccountKey } from '@koinon/node/home'
import { ensureGas } from '@koinon/node/wallet'
import type { Command } from 'commander'
import { agentIdOf } from '../agent-view.ts'
import { openHotkey } from '../pool-account.ts'
import { runCommand } from '../runner.ts'
import { facts } from '../table.ts'

type RegisterFlags = {
  readonly uri?: string
  readonly agent?: string
  readonly wallet?: string
  readonly account: string
  readonly another?: boolean
}

/** `koinon agent register`: a new agent, or another file or wallet for one that is there. */
export function defineAgentRegister(agent: Command): void {
  agent
    .command('register')
    .description('register an agent under the address of its file, or change file and wallet of one')
    .option('--uri <uri>', 'where its registration file is: https://... or, by its content, ipfs://...')
    .option('--agent <id>', 'change this agent instead of registering one')
    .option('--wallet <name>', "the home's key that is paid and speaks for the agent; it signs that it agrees")
    .option('--account <name>', "the home's key that owns the agent", 'wallet')
    .option('--another', 'also when the account has an agent already')
    .action(
      runCommand(async ({ home, say }, flags: RegisterFlags) => {
        const account = openHotkey(home, flags.account)
        const walletKey = flags.wallet === undefined ? undefined : existingAccountKey(home, flags.wallet).secretKey
        if (flags.uri === undefined && (flags.agent === undefined || walletKey === undefined)) throw nothingToDo()
        await ensureGas(account.network, account.reader, account.address, home)
        const agentId = flags.agent === undefined ? await registered(account, flags) : agentIdOf(account, flags.agent)
        if (flags.agent !== undefined && flags.uri !== undefined) await setAgentUri(account, agentId, flags.uri)
        if (walletKey !== undefined) {
          say('the wallet signs that it speaks for the agent')
          await setAgentWallet(account, agentId, walletKey)
        }
        const { owner, wallet, uri } = await readAgent(account, agentId)
        const id = formatAgentId(agentRefOf(account, agentId))
        return {
          data: { agent: id, agentId, owner, wallet: wallet ?? null, uri },
          text: facts([
            ['agent', id],
            ['owner', owner],
            ['wallet', wallet ?? 'none'],
            ['file', uri],
          ]),
        }
      }),
    )
}

async function registered(account: ReturnType<typeof openHotkey>, flags: RegisterFlags): Promise<bigint> {
  const known = flags.another === true ? undefined : await findAgentOf(account, account.address)
  if (known === undefined) return registerAgent(account, flags.uri ?? '')
  throw new KoinonError({
    code: 'usage/agent-exists',
    message: `The account ${account.address} has the agent ${known} already`,
    hint: `Change it with --agent ${known}, or register another one with --another.`,
  })
}

function nothingToDo(): KoinonError {
  return new KoinonError({
    code: 'usage/one-of',
    message: 'An agent is registered with --uri, and changed with --agent and --uri or --wallet',
    hint: 'For example: koinon agent register --uri https://example.org/.well-known/agent-registration.json',
  })
}
