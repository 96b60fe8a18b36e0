import type { Address } from '@koinon/base'
import { erc20Abi } from 'viem'
import type { JobAccount } from './job-ledger.ts'

/** Allowances of one account: exactly what is needed, and one after the other, because an allowance is one number. */
export class Allowances {
  readonly #account: Pick<JobAccount, 'reader' | 'sender'>
  #last: Promise<unknown> = Promise.resolve()

  constructor(account: Pick<JobAccount, 'reader' | 'sender'>) {
    this.#account = account
  }

  /** Lets `spender` take `amountAtomic` of a token, then does `send`, which uses it up. */
  spend(token: Address, spender: Address, amountAtomic: bigint, send: () => Promise<unknown>): Promise<unknown> {
    const { reader, sender } = this.#account
    const turn = async (): Promise<unknown> => {
      const on = { address: token, abi: erc20Abi } as const
      const allowed = await reader.readContract({ ...on, functionName: 'allowance', args: [sender.address, spender] })
      if (allowed < amountAtomic) await sender.call({ ...on, functionName: 'approve', args: [spender, amountAtomic] })
      return send()
    }
    const done = this.#last.then(turn, turn)
    this.#last = done.catch(() => undefined)
    return done
  }
}
