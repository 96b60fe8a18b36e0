import { describe, expect, it } from 'vitest'
import { readChatTemplate } from './jinja.ts'

const render = (source: string, variables: Readonly<Record<string, unknown>> = {}) =>
  readChatTemplate(source).render(variables)
const codeOf = (run: () => unknown) => {
  try {
    return String(run())
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('readChatTemplate', () => {
  it('renders loops, conditions and filters', () => {
    const source = "{% for m in messages %}{% if loop.first %}>{% endif %}{{ m['content'] | upper }}{% endfor %}"
    expect(render(source, { messages: [{ content: 'a' }, { content: 'b' }] })).toBe('>AB')
  })

  it('has no clock, so that a prompt is the same tomorrow', () => {
    expect(render("{{ 'clock' if strftime_now is defined else 'none' }}")).toBe('none')
  })

  it('turns refusals of the template into errors of ours', () => {
    expect(codeOf(() => render("{{ raise_exception('roles must alternate') }}"))).toBe('chat/template-failed')
    expect(codeOf(() => render("{{ 'x' | nosuchfilter }}"))).toBe('chat/template-failed')
  })

  it('refuses templates that cannot be read or are absurdly long', () => {
    expect(codeOf(() => readChatTemplate('{% for %}'))).toBe('engine/bad-chat-template')
    expect(codeOf(() => readChatTemplate('x'.repeat(300_000)))).toBe('engine/bad-chat-template')
  })

  it('bounds loops that a hostile file asks for', () => {
    expect(render('{% for i in range(3) %}{{ i }}{% endfor %}{% for i in range(4, 0, -2) %}{{ i }}{% endfor %}')).toBe(
      '01242',
    )
    const nested = '{% for i in range(999) %}{% for j in range(999) %}{% endfor %}{% endfor %}'
    expect(codeOf(() => render(nested))).toBe('chat/template-failed')
    expect(codeOf(() => render('{% for i in range(1000000000) %}{% endfor %}'))).toBe('chat/template-failed')
    expect(codeOf(() => render('{% for i in range(0, 5, 0) %}{% endfor %}'))).toBe('chat/template-failed')
  })
})
