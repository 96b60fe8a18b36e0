import type { McpTool } from '@koinon/agents/provider'
import { KoinonError } from '@koinon/base'
import { parseBundle } from '@koinon/work'
import { fetchReceipt, verifyReceipt } from '../receipts.ts'
import { answer } from './model-tools.ts'
import type { HeldReceipt, NetworkPorts } from './ports.ts'

type Input = { readonly receiptId?: string; readonly receipt?: unknown }

/** Checking a receipt: one that is given, one that the home kept of what it paid, or one that a gateway tells the API key that paid. */
export function verifyReceiptTool(ports: NetworkPorts): McpTool {
  return {
    name: 'verify_receipt',
    description:
      'Checks a receipt in this process: signatures, hashes, amounts. By the id that call_model or pay told, or the receipt itself. Returns every check with its outcome; what could not be checked says so. Costs nothing and needs no key for a receipt that is given or kept here.',
    inputSchema: {
      type: 'object',
      properties: {
        receiptId: { type: 'string', pattern: '^(chatcmpl-|cmpl-|0x)?[0-9a-f]{32}$' },
        receipt: { type: 'object', description: 'The receipt as JSON, with its hops' },
      },
      oneOf: [{ required: ['receiptId'] }, { required: ['receipt'] }],
      additionalProperties: false,
    },
    annotations: { readOnlyHint: true },
    run: async (input) => {
      const found = await findReceipt(ports, input as Input)
      const { chainId } = ports
      const checks = await verifyReceipt(found, { level: 'L0', ...(chainId === undefined ? {} : { chainId }) })
      const payee = found.bundle.hops.at(-1)?.receipt.payee
      const further = payee === undefined ? [] : ((await ports.ledgerChecks?.(payee)) ?? [])
      const all = [...checks, ...further]
      return answer('this process; details quote the receipt', {
        level: 'L0',
        failed: all.filter(({ state }) => state === 'fail').length,
        checks: all,
      })
    },
  }
}

async function findReceipt({ gatewayUrl, apiKey, receipts }: NetworkPorts, input: Input): Promise<HeldReceipt> {
  if (input.receipt !== undefined) return { bundle: parseBundle(input.receipt), evidence: undefined }
  const id = String(input.receiptId)
  const kept = receipts?.find(id)
  if (kept !== undefined) return { ...kept, evidence: undefined }
  if (apiKey !== undefined) return fetchReceipt({ gatewayUrl, apiKey }, id)
  throw new KoinonError({
    code: 'gateway/no-receipt',
    message: 'This home kept no such receipt, and a gateway tells one only to the API key that paid for it',
    hint: 'Give the receipt itself as "receipt".',
  })
}
