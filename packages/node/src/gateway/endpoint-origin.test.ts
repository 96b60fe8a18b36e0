import { describe, expect, it } from 'vitest'
import { originOf } from './endpoint-origin.ts'

describe('originOf', () => {
  it.each([
    ['http://192.0.2.7:9000', 'http://192.0.2.7:9000'],
    ['https://miner.example', 'https://miner.example'],
    ['https://miner.example:443/deep/path?a=1#b', 'https://miner.example'],
    ['HTTP://Miner.Example/', 'http://miner.example'],
    ['http://[2001:db8::1]:80', 'http://[2001:db8::1]'],
  ])('%s is %s', (endpoint, origin) => {
    expect(originOf(endpoint)).toBe(origin)
  })

  it.each([
    '',
    'miner.example:9000',
    '//miner.example',
    'file:///etc/passwd',
    'data:application/json,{}',
    'ftp://miner.example',
    'unix:/run/docker.sock',
    'javascript:alert(1)',
    'http://user@miner.example',
    'http://:secret@miner.example',
    'http://user:secret@miner.example',
    'http://',
    'http://a b',
  ])('%j is none', (endpoint) => {
    expect(() => originOf(endpoint)).toThrow(/not an http/)
  })
})
