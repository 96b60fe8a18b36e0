import { describe, expect, test } from 'vitest'
import { parseRoute, routeTitle } from './router.ts'

describe('parseRoute', () => {
  const id = '0123456789abcdef0123456789abcdef'
  test.each([
    ['', { page: 'chat' }],
    ['#', { page: 'chat' }],
    ['#/', { page: 'chat' }],
    ['#/chat', { page: 'chat' }],
    [`#/open/${id}`, { page: 'chat' }],
    ['#/main', { page: 'chat' }],
    ['#main', { page: 'chat' }],
    ['#/network', { page: 'network' }],
    ['#/network/1/37', { page: 'network', netuid: 1, epoch: 37 }],
    ['#/subnets', { page: 'subnets' }],
    ['#/subnets/12', { page: 'subnet', netuid: 12 }],
    ['#/subnets/12/40', { page: 'subnet', netuid: 12, epoch: 40 }],
    ['#/validators', { page: 'validators' }],
    ['#/decentralization', { page: 'decentralization' }],
    ['#/receipts', { page: 'receipts' }],
    [`#/receipts/${id}`, { page: 'receipt', id }],
    [`#/receipts/0x${id}`, { page: 'receipt', id }],
    ['#/wallet/', { page: 'wallet' }],
    ['#/stake', { page: 'stake' }],
    ['#/payments', { page: 'payments' }],
    ['#/budgets', { page: 'budgets' }],
    [`#/budgets/0x${'ab'.repeat(20)}`, { page: 'budgets', account: `0x${'ab'.repeat(20)}` }],
    ['#/agents', { page: 'agents' }],
    ['#/agents/7', { page: 'agent', key: '7' }],
    [`#/agents/0x${'ab'.repeat(20)}`, { page: 'agent', key: `0x${'ab'.repeat(20)}` }],
    ['#/jobs', { page: 'jobs' }],
    ['#/jobs/12', { page: 'job', jobId: '12' }],
    ['#/listing', { page: 'listing' }],
  ])('%s', (hash, route) => {
    expect(parseRoute(hash)).toEqual(route)
  })

  test.each([
    '#/nowhere',
    '#/budgets/0x12',
    '#/receipts/../../api/wallet',
    '#/receipts/zz',
    '#/network/one/two',
    '#/network/1',
    '#/wallet/1',
    '#/stake/1',
    '#/payments/1',
    '#/budgets/1',
    '#/agents/../wallet',
    '#/agents/0x12',
    '#/agents/1/2',
    '#/jobs/0',
    '#/jobs/x',
    '#/listing/1',
    '#/subnets/one',
    '#/subnets/1/x',
    '#/validators/1',
    `#/receipts/${id}/x`,
  ])('%s is no page', (hash) => {
    expect(parseRoute(hash)).toEqual({ page: 'unknown' })
  })
})

describe('routeTitle', () => {
  test('names the page before the product', () => {
    expect(routeTitle({ page: 'wallet' })).toBe('Wallet & keys · Koinon')
  })
})
