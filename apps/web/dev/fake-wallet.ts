/** Wallet routes of the fake network: balances in memory, keys that really work on its chat. */
import { bytesToHex, KoinonError, picoUsdToAtomic, systemRandom } from '@koinon/base'
import type { FakeState } from './fake-state.ts'

/** Answers a wallet request, or undefined when the path is not one. */
export function fakeWallet(state: FakeState, method: string, path: string, body: Record<string, unknown>): unknown {
  const now = state.nowMs()
  if (method === 'GET' && path === '/api/wallet') return walletJson(state)
  if (method === 'POST' && path === '/api/wallet/keys') {
    const deposit = takeDollars(state, body['depositAtomic'])
    const apiKey = `sk-koinon-${Buffer.from(systemRandom(32)).toString('base64url')}`
    const key = state.addKey(String(body['label']), deposit, apiKey, now)
    return { apiKey, keyHash: key.keyHash }
  }
  if (method === 'POST' && path === '/api/wallet/faucet') {
    state.balances.dollar += 100_000_000n
    state.balances.eth += 1_000_000_000_000_000_000n
    state.pay('faucet', 100_000_000n, 'dollar', now)
    return { dollarAtomic: '100000000' }
  }
  if (method === 'POST' && path === '/api/wallet/send') return send(state, body)
  const onKey = /^\/api\/wallet\/keys\/(0x[0-9a-f]{64})(\/top-up)?$/.exec(path)
  const key = onKey === null ? undefined : state.keys.find((one) => one.keyHash === onKey[1])
  if (key === undefined) return undefined
  if (method === 'DELETE' && onKey?.[2] === undefined) {
    key.revokedAtMs = now
    const rest = BigInt(key.depositAtomic) - picoUsdToAtomic(BigInt(key.owedPicoUsd))
    state.balances.dollar += rest
    state.pay('refund', rest, 'dollar', now)
    return { refundAtomic: rest.toString() }
  }
  if (method === 'POST' && onKey?.[2] !== undefined) {
    const amount = takeDollars(state, body['amountAtomic'])
    key.depositAtomic = (BigInt(key.depositAtomic) + amount).toString()
    state.pay('topUp', amount, 'dollar', now)
    return { depositAtomic: key.depositAtomic }
  }
  return undefined
}

function walletJson(state: FakeState) {
  return {
    asOfBlock: state.block(),
    account: state.account,
    nativeAtomic: state.balances.eth.toString(),
    koinAtomic: state.balances.koin.toString(),
    dollarAtomic: state.balances.dollar.toString(),
    keys: state.keys,
    payments: state.payments.slice(0, 50),
  }
}

function send(state: FakeState, body: Record<string, unknown>) {
  const asset = body['asset']
  if (asset !== 'eth' && asset !== 'koin' && asset !== 'dollar') throw bad('There is no such asset')
  const amount = readAmount(body['amountAtomic'])
  if (state.balances[asset] < amount) throw tooLittle()
  state.balances[asset] -= amount
  state.pay('send', amount, asset, state.nowMs())
  return { transactionHash: bytesToHex(systemRandom(32)) }
}

function takeDollars(state: FakeState, stated: unknown): bigint {
  const amount = readAmount(stated)
  if (state.balances.dollar < amount) throw tooLittle()
  state.balances.dollar -= amount
  return amount
}

function readAmount(stated: unknown): bigint {
  if (typeof stated !== 'string' || !/^[1-9][0-9]{0,30}$/.test(stated))
    throw bad('The amount is not a positive integer')
  return BigInt(stated)
}

function bad(message: string): KoinonError {
  return new KoinonError({ code: 'wallet/bad-request', message })
}

function tooLittle(): KoinonError {
  return new KoinonError({
    code: 'wallet/insufficient-funds',
    message: 'The account holds less than that',
    hint: 'Choose a smaller amount, or get test funds.',
  })
}
