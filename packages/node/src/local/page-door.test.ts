import { systemRandom } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { PageDoor } from './page-door.ts'

const doorOn = (host: string) => new PageDoor({ host, port: 8402, random: systemRandom })
const codeIn = (link: string) => link.split('#/open/')[1] as string

describe('the door of the page', () => {
  it('opens once for the code in its link, and then has another link', () => {
    const door = doorOn('127.0.0.1')
    const link = door.link()
    expect(link).toMatch(/^http:\/\/127\.0\.0\.1:8402\/#\/open\/[0-9a-f]{32}$/)
    expect(door.link()).toBe(link)
    door.redeem(codeIn(link))
    expect(() => door.redeem(codeIn(link))).toThrow(/used already/)
    expect(door.link()).not.toBe(link)
    door.redeem(codeIn(door.link()))
  })

  it.each([undefined, null, '', '0'.repeat(32), 7, ['x'], {}])('does not open for %j', (code) => {
    const door = doorOn('127.0.0.1')
    const link = door.link()
    expect(() => door.redeem(code)).toThrow(/koinon up|used already/)
    expect(door.link()).toBe(link)
  })

  it('gives every start another code', () => {
    const [one, other] = [doorOn('127.0.0.1'), doorOn('127.0.0.1')]
    expect(() => other.redeem(codeIn(one.link()))).toThrow()
  })

  it('does not open a gateway for a link that was shown to the one before', () => {
    const door = doorOn('127.0.0.1')
    const link = door.link()
    door.begin()
    expect(() => door.redeem(codeIn(link))).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('koinon status') }),
    )
    door.redeem(codeIn(door.link()))
  })

  it('tells the token of the gateway that began last, and none where the page may not act', () => {
    const door = doorOn('127.0.0.1')
    expect(door.token()).toBe('')
    door.begin('one')
    door.begin('two')
    expect(door.token()).toBe('two')
    door.begin({})
    expect(door.token()).toBe('')
    const open = doorOn('192.0.2.7')
    open.begin('one')
    expect(open.token()).toBe('')
  })

  it('gives no code where the page is not reached over the loopback: it may not act there', () => {
    expect(doorOn('localhost').link()).toMatch(/^http:\/\/localhost:8402\/#\/open\//)
    expect(doorOn('192.0.2.7').link()).toBe('http://192.0.2.7:8402/')
  })
})
