/** What the owner of a local network may ask for, from the page or the control socket. It acts with the home's own keys. */
import { type Clock, isKoinonError, KoinonError, systemRandom, toAddress } from '@koinon/base'
import type { Check } from '@koinon/work'
import { budgetsJson } from '../dashboard/budgets/budgets-json.ts'
import { isUnfinished, readApiKeys, type StoredApiKey } from '../home/api-keys.ts'
import type { Home } from '../home/home.ts'
import { existingAccountKey } from '../home/secrets.ts'
import type { RoleStatus } from '../supervisor/supervised-role.ts'
import { judgeReceipt } from '../verdict/judge-receipt.ts'
import { BudgetDesk } from '../wallet/budget-desk.ts'
import { JobDesk } from '../wallet/job-desk.ts'
import { requestJson } from '../wallet/request-json.ts'
import { StakeDesk } from '../wallet/stake-desk.ts'
import { parseAsset, Wallet } from '../wallet/wallet.ts'
import { Faucet, type FaucetDoor } from './faucet.ts'
import type { PageDoor } from './page-door.ts'
import type { Balances, Treasury } from './treasury.ts'

export type LocalOperatorOptions = {
  readonly home: Home
  readonly treasury: Treasury
  readonly gatewayUrl: string
  /** The model that this home's miners serve. */
  readonly modelPath: string
  readonly clock: Clock
  readonly page: PageDoor
  readonly faucet: FaucetDoor
  /** Accounts of this home that the treasury keeps in gas. */
  readonly roleAccounts: number
  readonly roles: () => readonly RoleStatus[]
}

type Params = Readonly<Record<string, string>>

export class LocalOperator {
  readonly #options: LocalOperatorOptions
  readonly #wallets = new Map<string, Wallet>()
  readonly #faucet: Faucet
  #stakeDesk: StakeDesk | undefined
  #judging: Promise<unknown> = Promise.resolve()

  constructor(options: LocalOperatorOptions) {
    this.#options = options
    const { home, treasury, clock, faucet: door, roleAccounts } = options
    this.#faucet = new Faucet({ home, treasury, clock, door, roleAccounts })
  }

  /** Answers one request. Throws `node/unknown-method` and whatever the work throws. */
  async answer(method: string, params: unknown): Promise<unknown> {
    const given = (params ?? {}) as Params
    switch (method) {
      case 'wallet.state':
        return this.#walletState()
      case 'wallet.send':
        return {
          transactionHash: await this.#wallet('wallet').send(
            parseAsset(given['asset']),
            given['to'] ?? '',
            parseAmount(given['amountAtomic']),
          ),
        }
      case 'wallet.faucet':
        return balancesJson(await this.#faucet.giveOwner(this.#wallet('wallet').address))
      case 'faucet':
        return balancesJson(await this.#faucet.giveStranger(toAddress(given['address'] ?? '')))
      case 'keys.create':
        return this.#wallet('wallet').createApiKey(given['label'] ?? 'key', parseAmount(given['depositAtomic']))
      case 'keys.revoke':
        return this.#wallet('wallet').revokeApiKey(given['keyHash'] ?? '')
      case 'keys.topUp':
        await this.#wallet('wallet').topUp(given['keyHash'] ?? '', parseAmount(given['amountAtomic']))
        return {}
      case 'stake.state':
        return this.#stake().state()
      case 'stake.act':
        return this.#stake().act(given)
      case 'budgets.list':
        return budgetsJson(this.#options.home, this.#options.treasury.network, this.#options.clock.nowMs())
      case 'budgets.revoke':
        return this.#revokeBudget(given['grantHash'] ?? '', (params as { isOnChain?: unknown }).isOnChain === true)
      case 'jobs.act':
        return this.#jobs().act(given['jobId'] ?? '', given['step'] ?? '')
      case 'receipt.verdict':
        return { checks: await this.#verdict(given) }
      case 'page.link':
        return { url: this.#options.page.link() }
      case 'page.begin':
        this.#options.page.begin(given['localToken'])
        return {}
      case 'page.token':
        return { localToken: this.#options.page.token() }
      case 'page.redeem':
        this.#options.page.redeem(given['code'])
        return {}
      case 'session':
        return {
          apiKeys: readApiKeys(this.#options.home),
          account: this.#wallet('wallet').address,
          home: this.#options.home.path,
        }
      default:
        throw new KoinonError({ code: 'node/unknown-method', message: `The supervisor does not know "${method}"` })
    }
  }

  /**
   * The key with this label, made and funded by `account` when there is none yet. One whose making a crash broke off is finished, so that
   * its deposit is not lost.
   */
  async ensureApiKey(label: string, account: string, depositAtomic: bigint): Promise<StoredApiKey> {
    const wallet = this.#wallet(account)
    const known = readApiKeys(this.#options.home).find((key) => key.label === label && key.revokedAtMs === undefined)
    if (known === undefined) return wallet.createApiKey(label, depositAtomic)
    const finished = await wallet.finishApiKey(known).catch((error: unknown) => {
      // A key of an older home may have been stored without ever getting its deposit.
      if (!isKoinonError(error) || error.code !== 'payments/channel-empty') throw error
      return undefined
    })
    if (finished !== undefined && finished.revokedAtMs === undefined) return finished
    return wallet.createApiKey(label, depositAtomic)
  }

  /** Finishes the owner's keys whose making a crash broke off. One that cannot be finished now is tried again at the next start. */
  async finishApiKeys(account: string): Promise<void> {
    const wallet = this.#wallet(account)
    const mine = readApiKeys(this.#options.home).filter(
      (key) => isUnfinished(key) && key.channelConfig.payer === wallet.address,
    )
    for (const key of mine) await wallet.finishApiKey(key).catch(() => undefined)
  }

  /** Judged by a process of this home from what the gateway and the miner show; the key is the asker's own. */
  async #verdict(given: Params): Promise<readonly Check[]> {
    const { gatewayUrl, modelPath, treasury } = this.#options
    const { level = 'L0' } = given
    if (level !== 'L0' && level !== 'L2') {
      throw new KoinonError({
        code: 'usage/unknown-level',
        message: `"${level}" is not a level that can be checked`,
        hint: 'Levels: L0, L2.',
      })
    }
    const url = `${gatewayUrl}/v1/receipts/${encodeURIComponent(given['id'] ?? '')}`
    const headers = { authorization: given['authorization'] ?? '' }
    const bundle = await requestJson(url, { method: 'GET', headers })
    const evidence = await requestJson(`${url}/evidence`, { method: 'GET', headers }).catch(() => undefined)
    // One at a time: each replay takes an engine.
    const turn = this.#judging.then(() =>
      judgeReceipt({ bundle, evidence, chainId: treasury.network.chainId, level, modelPath }),
    )
    this.#judging = turn.catch(() => undefined)
    return turn
  }

  async #walletState(): Promise<unknown> {
    const wallet = this.#wallet('wallet')
    return { account: wallet.address, ...balancesJson(await wallet.balances()) }
  }

  async #revokeBudget(grantHash: string, isOnChain: boolean): Promise<{ readonly revokedAtMs: number | undefined }> {
    const { home, treasury, clock } = this.#options
    const key = existingAccountKey(home, 'wallet')
    const desk = new BudgetDesk({ home, network: treasury.network, key, clock, random: systemRandom })
    return { revokedAtMs: (await desk.revoke(grantHash, isOnChain)).revokedAtMs }
  }

  #jobs(): JobDesk {
    const { home, clock } = this.#options
    const { secretKey } = existingAccountKey(home, 'wallet')
    return new JobDesk({ ...this.#wallet('wallet').membership, secretKey }, clock, systemRandom)
  }

  #stake(): StakeDesk {
    this.#stakeDesk ??= new StakeDesk(this.#wallet('wallet').membership)
    return this.#stakeDesk
  }

  #wallet(name: string): Wallet {
    let wallet = this.#wallets.get(name)
    if (wallet === undefined) {
      const { home, treasury, clock } = this.#options
      wallet = new Wallet({ home, network: treasury.network, key: existingAccountKey(home, name), clock })
      this.#wallets.set(name, wallet)
    }
    return wallet
  }
}

function balancesJson({ nativeWei, koin, dollar }: Balances): Readonly<Record<string, string>> {
  return { nativeAtomic: `${nativeWei}`, koinAtomic: `${koin}`, dollarAtomic: `${dollar}` }
}

function parseAmount(text: string | undefined): bigint {
  if (text !== undefined && /^[0-9]{1,40}$/.test(text)) return BigInt(text)
  throw new KoinonError({ code: 'wallet/bad-amount', message: `"${text ?? ''}" is not a whole number of atomic units` })
}
