import { describe, expect, it } from 'vitest'
import { checksText } from './agent-view.ts'

describe('the table of checks', () => {
  it('types our own next steps, and nothing that a stranger wrote', () => {
    const detail = 'koinon pay asks for 3 dollars'
    const checks = [{ name: 'tool', state: 'fail', detail, nextStep: 'koinon agent register --agent ID' }] as const
    const lines = checksText(checks, (text) => text.replaceAll('koinon ', 'npx koinon ')).split('\n')
    expect(lines.find((line) => line.startsWith('FAIL'))).toMatch(/[^x] koinon pay asks for 3 dollars/)
    expect(lines.at(-1)).toBe('- tool: npx koinon agent register --agent ID')
  })
})
