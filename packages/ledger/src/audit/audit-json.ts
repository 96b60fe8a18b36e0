/** Events and views as JSON lines: integers above 48 bits as decimal strings, which the ABI turns back. */
import { type Address, KoinonError, toAddress } from '@koinon/base'
import type { AbiParameter } from 'viem'
import { type AuditContract, type AuditEvent, auditedAbis, type ViewCall } from './audit-source.ts'

type Named = {
  readonly type: string
  readonly name?: string
  readonly inputs?: readonly AbiParameter[]
  readonly outputs?: readonly AbiParameter[]
}

/** One line. */
export function toLine(value: unknown): string {
  return JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? item.toString() : item))
}

/** An event from its line. Throws `ledger/bad-audit-copy`. */
export function eventFromLine(line: string): AuditEvent {
  const event = parse(line) as unknown as AuditEvent
  const args = Object.fromEntries(
    eventInputs(event.contract, event.name).map((input) => [
      input.name ?? '',
      revive(input, event.args[input.name ?? '']),
    ]),
  )
  return { ...event, args: event.contract === 'quorum' ? { ...args, evaluator: quorumOf(event) } : args }
}

/** The network file names no evaluator: its events say whose they are. */
function quorumOf({ args }: AuditEvent): Address {
  const { evaluator } = args
  if (typeof evaluator !== 'string' || !/^0x[0-9a-f]{40}$/.test(evaluator)) throw badCopy('an event names no evaluator')
  return toAddress(evaluator)
}

/** A view and its answer from their line. Throws `ledger/bad-audit-copy`. */
export function viewFromLine(line: string): { readonly key: string; readonly value: unknown } {
  const { contract, name, args, value } = parse(line) as unknown as ViewCall & { value: unknown }
  const outputs = viewOutputs(contract, name, args.length)
  const revived = outputs.length === 1 ? revive(outputs[0] as AbiParameter, value) : reviveAll(outputs, value)
  return { key: viewKey({ contract, name, args }), value: revived }
}

/** The same call has the same key, whether its integers are numbers or texts. */
export function viewKey({ contract, name, args }: ViewCall): string {
  return JSON.stringify([contract, name, ...args.map(String)])
}

/** Addresses in lower case, however deep. */
export function lowerAddresses(value: unknown): unknown {
  if (typeof value === 'string') return /^0x[0-9a-fA-F]{40}$/.test(value) ? toAddress(value) : value
  if (Array.isArray(value)) return value.map(lowerAddresses)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, lowerAddresses(item)]))
}

function eventInputs(contract: AuditContract, name: string): readonly AbiParameter[] {
  const found = itemsOf(contract).find((item) => item.type === 'event' && item.name === name)
  if (found?.inputs === undefined) throw badCopy(`there is no event ${name} of ${contract}`)
  return found.inputs
}

function viewOutputs(contract: AuditContract, name: string, count: number): readonly AbiParameter[] {
  const found = itemsOf(contract).find(
    (item) => item.type === 'function' && item.name === name && item.inputs?.length === count,
  )
  if (found?.outputs === undefined) throw badCopy(`there is no view ${name} of ${contract}`)
  return found.outputs
}

function itemsOf(contract: AuditContract): readonly Named[] {
  return (auditedAbis[contract] as readonly Named[] | undefined) ?? []
}

function reviveAll(parameters: readonly AbiParameter[], value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw badCopy(`${JSON.stringify(value)} is no list`)
  return parameters.map((parameter, index) => revive(parameter, value[index]))
}

function revive(parameter: AbiParameter, value: unknown): unknown {
  const item = /^(.*)\[\d*\]$/.exec(parameter.type)?.[1]
  if (item !== undefined) {
    if (!Array.isArray(value)) throw badCopy(`${parameter.name} is no list`)
    return value.map((one) => revive({ ...parameter, type: item }, one))
  }
  if (parameter.type === 'tuple') {
    const fields = (parameter as { components: readonly AbiParameter[] }).components
    const given = (value ?? {}) as Record<string, unknown>
    return Object.fromEntries(fields.map((field) => [field.name, revive(field, given[field.name ?? ''])]))
  }
  const bits = /^u?int(\d+)$/.exec(parameter.type)?.[1]
  if (bits === undefined) return value
  try {
    return Number(bits) <= 48 ? Number(value) : BigInt(value as string)
  } catch {
    throw badCopy(`${parameter.name ?? 'a figure'} is ${JSON.stringify(value)}, not an integer`)
  }
}

function parse(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw badCopy(`"${line.slice(0, 60)}" is not JSON`)
}

function badCopy(problem: string): KoinonError {
  return new KoinonError({
    code: 'ledger/bad-audit-copy',
    message: `The copy cannot be read: ${problem}`,
    hint: 'Export it again: koinon audit export DIR.',
  })
}
