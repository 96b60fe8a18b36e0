import type { NetworkFile } from '@koinon/ledger'

/** ERC-8004 registration file of the gateway. It holds no identity on the ledger, so it claims none. */
export function registrationFile(network: NetworkFile): Record<string, unknown> {
  const url = network.gatewayUrl ?? ''
  return {
    type: 'https://eips.ethereum.org/EIPS/eip-8004#registration-v1',
    name: `Koinon gateway of ${network.name}`,
    description: 'Inference by independent miners with signed receipts, through an OpenAI-compatible API.',
    services: [
      { name: 'web', endpoint: `${url}/` },
      { name: 'OpenAI', endpoint: `${url}/v1` },
      { name: 'A2A', endpoint: `${url}/.well-known/agent-card.json` },
    ],
    x402Support: false,
    active: true,
    registrations: [],
    supportedTrust: ['crypto-economic'],
  }
}
