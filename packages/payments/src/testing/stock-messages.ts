/** Stock clients where calls are messages: what x402's client signs for a demand, and mppx's wrapper of an MCP client. */
import { bytesToHex } from '@koinon/base'
import type { PaymentRequired } from '@x402/core/types'
import { evm } from 'mppx/client'
import { McpClient } from 'mppx/mcp/client'
import { privateKeyToAccount } from 'viem/accounts'
import type { TestNetwork } from './chain.ts'
import type { Party } from './fixtures.ts'
import { dollarOf } from './settlement.ts'
import { type StockScheme, stockClient } from './stock-clients.ts'

/** The payload that the x402 client makes for a PaymentRequired, whatever carried it. */
export async function stockPayload(
  net: TestNetwork,
  who: Pick<Party, 'secretKey'>,
  scheme: StockScheme,
  required: unknown,
): Promise<Record<string, unknown>> {
  const payload = await stockClient(net, who, scheme).createPaymentPayload(required as PaymentRequired)
  return payload as unknown as Record<string, unknown>
}

/** Lets an MCP client of the SDK pay by mppx 0.11, in place. */
export function payToolsByMppx(net: TestNetwork, { secretKey }: Pick<Party, 'secretKey'>, client: object): void {
  const { name, version, token } = dollarOf(net)
  const method = evm.charge({
    account: privateKeyToAccount(bytesToHex(secretKey)),
    authorization: { name, version },
    networks: [net.domain.chainId],
    currencies: [token],
  })
  McpClient.wrap(client as never, { methods: [method] } as never)
}
