import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { loadNetworkFile, type NetworkFile, networkDraftProblem, parseNetworkFile } from './network-file.ts'
import { localBeaconLabel } from './network-file-beacon.ts'

const names =
  'token dollar identity reputation validation terms pools staking delegation permits conviction subnets work weights disputes policy emission epochs channels depositCollector'
const contracts = Object.fromEntries(
  names.split(' ').map((name, index) => [name, `0x${String(index).repeat(40).slice(0, 40)}`]),
)
const valid = {
  v: 1,
  name: 'test',
  chainId: 424_242,
  chainKind: 'external',
  rpcUrl: 'http://127.0.0.1:8545',
  startBlock: 0,
  contracts,
  isTest: true,
}

const undo: (() => void)[] = []
afterEach(() => undo.splice(0).forEach((step) => step()))

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  undo.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('networkDraftProblem', () => {
  const draft = { ...valid, contracts: {} } as unknown as NetworkFile

  it('finds nothing wrong with a network whose contracts are still to come', () => {
    expect(networkDraftProblem(draft)).toBeUndefined()
  })

  it.each([
    ['name', { name: 'n'.repeat(65) }],
    ['gatewayUrl', { gatewayUrl: 'gateway.invalid' }],
    ['chainId', { chainId: 0 }],
    ['defaultModel.manifest', { defaultModel: { model: 'm', manifest: '0x' } }],
  ])('names %s as parseNetworkFile would', (field, changes) => {
    const problem = networkDraftProblem({ ...draft, ...changes } as NetworkFile) as string
    expect(problem).toMatch(new RegExp(`^${field}: `))
    expect(() => parseNetworkFile(JSON.stringify({ ...valid, ...changes }))).toThrow(problem)
  })
})

describe('parseNetworkFile', () => {
  it('takes a whole file and lowers its addresses', () => {
    const token = '0xABCDEFabcdefABCDEFabcdefABCDEFabcdefABCD'
    const network = parseNetworkFile(JSON.stringify({ ...valid, contracts: { ...contracts, token } }))
    expect(network.contracts.token).toBe(token.toLowerCase())
    expect(network).toMatchObject({ name: 'test', chainId: 424_242, isTest: true })
    expect(network.gatewayUrl).toBeUndefined()
    const emissionPolicy = `0x${'ab'.repeat(32)}`
    expect(parseNetworkFile(JSON.stringify({ ...valid, emissionPolicy })).emissionPolicy).toBe(emissionPolicy)
  })

  it('reads files of networks with and without jobs', () => {
    expect(parseNetworkFile(JSON.stringify(valid)).contracts.jobs).toBeUndefined()
    const later = { jobs: `0x${'81'.repeat(20)}`, jobEvaluators: `0x${'83'.repeat(20)}` }
    const network = parseNetworkFile(JSON.stringify({ ...valid, contracts: { ...contracts, ...later } }))
    expect(network.contracts).toMatchObject(later)
    const bad = { ...valid, contracts: { ...contracts, jobs: '0x12' } }
    expect(() => parseNetworkFile(JSON.stringify(bad))).toThrow(/contracts\.jobs/)
  })

  it.each([
    ['not JSON', '{', /not JSON/],
    ['nothing', 'null', /the whole/],
    ['another version', { ...valid, v: 2 }, /v:/],
    ['no name', { ...valid, name: '' }, /name/],
    ['an endless name', { ...valid, name: 'x'.repeat(65) }, /name/],
    ['a fractional chain id', { ...valid, chainId: 1.5 }, /chainId/],
    ['chain id 0', { ...valid, chainId: 0 }, /chainId/],
    ['a chain id as text', { ...valid, chainId: '1' }, /chainId/],
    ['an unknown kind', { ...valid, chainKind: 'other' }, /chainKind/],
    ['a file URL as RPC', { ...valid, rpcUrl: 'file:///etc/passwd' }, /rpcUrl/],
    ['a script URL as gateway', { ...valid, gatewayUrl: 'javascript:alert(1)' }, /gatewayUrl/],
    ['a policy by its name', { ...valid, emissionPolicy: 'userCapital' }, /emissionPolicy/],
    ['a negative block', { ...valid, startBlock: -1 }, /startBlock/],
    ['a missing contract', { ...valid, contracts: { ...contracts, epochs: undefined } }, /contracts\.epochs/],
    ['a short address', { ...valid, contracts: { ...contracts, work: '0x12' } }, /contracts\.work/],
  ])('refuses %s, naming the field', (_, json, problem) => {
    const text = typeof json === 'string' ? json : JSON.stringify(json)
    expect(() => parseNetworkFile(text)).toThrow(problem)
    try {
      parseNetworkFile(text)
    } catch (error) {
      expect(error).toMatchObject({ code: 'ledger/bad-network-file' })
    }
  })
})

describe('defaultModel of a network file', () => {
  it('is an id and a hash, or left out', () => {
    const defaultModel = { model: 'some-model', manifest: `0x${'ab'.repeat(32)}` }
    expect(parseNetworkFile(JSON.stringify({ ...valid, defaultModel })).defaultModel).toEqual(defaultModel)
    expect(parseNetworkFile(JSON.stringify(valid)).defaultModel).toBeUndefined()
  })

  it.each([{ model: 'm' }, { model: '', manifest: `0x${'ab'.repeat(32)}` }, { model: 'm', manifest: '0xAB' }, 'm'])(
    'is not %j',
    (defaultModel) => {
      expect(() => parseNetworkFile(JSON.stringify({ ...valid, defaultModel }))).toThrow(/defaultModel/)
    },
  )
})

describe('beacon of a network file', () => {
  const endpoints = ['https://beacon.example']
  const times = { publicKey: `0x${'ab'.repeat(96)}`, genesisSeconds: 1_767_225_600, periodSeconds: 1, endpoints }
  const local = { kind: 'local', label: localBeaconLabel, ...times }
  const drand = { kind: 'drand', beaconId: 'quicknet', groupHash: `0x${'cd'.repeat(32)}`, ...times }

  it('is a labelled stand-in, a public one, or left out', () => {
    for (const beacon of [local, drand])
      expect(parseNetworkFile(JSON.stringify({ ...valid, beacon })).beacon).toEqual(beacon)
    expect(parseNetworkFile(JSON.stringify(valid)).beacon).toBeUndefined()
  })

  it.each([
    ['a stand-in without its label', { ...local, label: undefined }],
    ['a stand-in that calls itself something else', { ...local, label: 'public and safe' }],
    ['a public one under the name of stand-ins', { ...drand, beaconId: 'local' }],
    ['another kind', { ...local, kind: 'other' }],
    ['a short key', { ...local, publicKey: '0xab' }],
    ['no endpoints', { ...local, endpoints: [] }],
    ['too many endpoints', { ...local, endpoints: Array(9).fill(endpoints[0]) }],
    ['a file as an endpoint', { ...local, endpoints: ['file:///etc/passwd'] }],
    ['no time between rounds', { ...drand, periodSeconds: 0 }],
    ['no group hash', { ...drand, groupHash: undefined }],
  ])('is not %s', (_, beacon) => {
    expect(() => parseNetworkFile(JSON.stringify({ ...valid, beacon }))).toThrow(/beacon/)
  })
})

describe('loadNetworkFile', () => {
  it('reads a path', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'koinon-network-'))
    undo.push(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'network.json'), JSON.stringify(valid))
    expect(await loadNetworkFile(join(folder, 'network.json'))).toMatchObject({ chainId: 424_242 })
    await expect(loadNetworkFile(join(folder, 'none.json'))).rejects.toMatchObject({ code: 'ledger/no-network-file' })
    await expect(loadNetworkFile(folder)).rejects.toMatchObject({ code: 'ledger/no-network-file' })
  })

  it("asks a gateway's root for /network.json and another path for itself", async () => {
    const asked: (string | undefined)[] = []
    const url = await serve((request, response) => {
      asked.push(request.url)
      response.end(JSON.stringify(valid))
    })
    await loadNetworkFile(url)
    await loadNetworkFile(`${url}/`)
    await loadNetworkFile(`${url}/files/a.json`)
    expect(asked).toEqual(['/network.json', '/network.json', '/files/a.json'])
  })

  it.each<[string, RequestListener, string]>([
    ['an error status', (_, response) => response.writeHead(500).end(), 'ledger/network-unreachable'],
    ['a redirect', (_, response) => response.writeHead(302, { location: '/x' }).end(), 'ledger/network-unreachable'],
    [
      'another success',
      (_, response) => response.writeHead(203).end(JSON.stringify(valid)),
      'ledger/network-unreachable',
    ],
    ['no content', (_, response) => response.writeHead(204).end(), 'ledger/network-unreachable'],
    ['a page', (_, response) => response.end('<html>'), 'ledger/bad-network-file'],
    ['too much', (_, response) => response.end(' '.repeat(70_000)), 'ledger/network-unreachable'],
  ])('explains %s', async (_, listener, code) => {
    await expect(loadNetworkFile(await serve(listener))).rejects.toMatchObject({ code })
  })

  it('takes a file of exactly the most bytes, and none more', async () => {
    const text = JSON.stringify(valid)
    const sent = (bytes: number) => serve((_, response) => response.end(text.padEnd(bytes)))
    expect(await loadNetworkFile(await sent(65_536))).toMatchObject({ name: 'test' })
    await expect(loadNetworkFile(await sent(65_537))).rejects.toMatchObject({ code: 'ledger/network-unreachable' })
  })

  it('stops reading a body without end', async () => {
    let sent = 0
    const url = await serve((_, response) => {
      const more = (): void => {
        if (response.destroyed) return
        sent += 16_384
        response.write(' '.repeat(16_384), () => setImmediate(more))
      }
      more()
    })
    await expect(loadNetworkFile(url)).rejects.toMatchObject({ code: 'ledger/network-unreachable', retry: 'later' })
    expect(sent).toBeLessThan(64 * 1024 * 1024)
  })

  it.each<[string, RequestListener]>([
    ['says nothing', () => undefined],
    ['stalls in its body', (_, response) => response.writeHead(200, { 'content-length': '100' }).write('{')],
  ])('gives up on a gateway that %s', async (_, listener) => {
    await expect(loadNetworkFile(await serve(listener), 200)).rejects.toMatchObject({
      code: 'ledger/network-unreachable',
      retry: 'later',
    })
  })

  it('explains a body that breaks off', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{', () => response.destroy())
    })
    await expect(loadNetworkFile(url)).rejects.toMatchObject({ code: 'ledger/network-unreachable' })
  })

  it('says what is missing of a URL', async () => {
    await expect(loadNetworkFile('127.0.0.1:8402')).rejects.toMatchObject({
      code: 'ledger/no-network-file',
      hint: 'If that is a gateway, give its URL: http://127.0.0.1:8402',
    })
    await expect(loadNetworkFile('some/file.json')).rejects.toMatchObject({ hint: /path to a network file/ })
  })

  it('explains a gateway that is not there', async () => {
    await expect(loadNetworkFile('http://127.0.0.1:2')).rejects.toMatchObject({
      code: 'ledger/network-unreachable',
      message: 'http://127.0.0.1:2/network.json did not give a network file: nothing listens there',
      retry: 'later',
    })
  })
})
