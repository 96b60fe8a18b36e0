import type { Abi } from 'viem'
import * as abis from './abis.ts'

/** Errors of all contracts, each once: one that calls another passes on what that one said. */
export const contractErrors: Abi = distinctErrors(Object.values(abis))

function distinctErrors(all: readonly Abi[]): Abi {
  const errors = all.flat().filter((item) => item.type === 'error')
  return [...new Map(errors.map((item) => [JSON.stringify([item.name, item.inputs]), item])).values()]
}
