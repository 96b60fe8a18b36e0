import { KoinonError } from '@koinon/base'
import {
  BaseError,
  encodeErrorResult,
  FeeCapTooLowError,
  InsufficientFundsError,
  IntrinsicGasTooLowError,
  NonceTooLowError,
  parseAbi,
} from 'viem'
import { getNodeError } from 'viem/utils'
import { describe, expect, it } from 'vitest'
import { EngineRpcError } from './evm-engine.ts'
import { RpcError, toRpcError, transactionError } from './rpc-error.ts'

describe('transactionError', () => {
  it.each([
    [
      "Sender doesn't have enough funds to send tx. The max upfront cost is: 2 and the sender's balance is: 1.",
      InsufficientFundsError,
    ],
    ['Insufficient funds for gas * price + value', InsufficientFundsError],
    ['Transaction nonce too low. Expected nonce to be at least 2 but got 0.', NonceTooLowError],
    ['Transaction requires at least 21000 gas but got 20000', IntrinsicGasTooLowError],
    ['Transaction gasPrice is too low for the next block, which has a baseFeePerGas of 7', FeeCapTooLowError],
  ])('puts "%s" into words that viem recognises and keeps the figures', (engineMessage, expected) => {
    const error = transactionError(new EngineRpcError(-32000, engineMessage))
    expect(error.code).toBe(-32000)
    expect(error.message).toContain(engineMessage.slice(1))
    expect(getNodeError(new BaseError('x', { details: error.message }), {})).toBeInstanceOf(expected)
  })

  it('leaves an unknown reason as the engine said it', () => {
    expect(transactionError(new EngineRpcError(-32000, 'the moon is full')).message).toBe('the moon is full')
  })
})

describe('toRpcError', () => {
  const abi = parseAbi(['error Error(string)', 'error Mine(uint256)'])

  it('gives a revert the shape of geth: code 3, the reason, the bytes', () => {
    const data = encodeErrorResult({ abi, errorName: 'Error', args: ['no entry'] })
    const fromEdr = toRpcError(new EngineRpcError(3, "reverted with reason string 'no entry'", { data, message: 'x' }))
    const fromAnvil = toRpcError(new EngineRpcError(3, 'execution reverted: no entry', data))
    for (const error of [fromEdr, fromAnvil]) {
      expect(error).toMatchObject({ code: 3, message: 'execution reverted: no entry', data })
    }
    const custom = encodeErrorResult({ abi, errorName: 'Mine', args: [5n] })
    expect(toRpcError(new EngineRpcError(3, 'reverted with custom error', custom))).toMatchObject({
      code: 3,
      message: 'execution reverted',
      data: custom,
    })
  })

  it('does not trust the length inside a revert reason', () => {
    const lying = `0x08c379a0${'20'.padStart(64, '0')}${'ffffffff'.padStart(64, '0')}`
    expect(toRpcError(new EngineRpcError(3, 'reverted', lying)).message).toBe('execution reverted')
  })

  it('says nothing of unknown failures', () => {
    expect(toRpcError(new TypeError('/srv/someone/secret'))).toMatchObject({ code: -32603, message: 'internal error' })
    const hidden = new KoinonError({ code: 'chain/disk-full', message: '/srv/someone/chain.journal', retry: 'later' })
    const shown = toRpcError(hidden)
    expect(JSON.stringify([shown.message, shown.data])).not.toContain('someone')
    expect(shown.data).toEqual({ code: 'chain/disk-full', retry: 'later' })
  })

  it('passes its own errors on and hides the names of methods of the engine', () => {
    const own = new RpcError(-32005, 'too much')
    expect(toRpcError(own)).toBe(own)
    expect(toRpcError(new EngineRpcError(-32004, 'Method x is not supported')).code).toBe(-32601)
  })
})
