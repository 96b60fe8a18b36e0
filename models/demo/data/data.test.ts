import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createRandom } from '../recipe/random.ts'
import { contrasts } from './contrasts.ts'
import { Corpus, fill, heldOutTemplates } from './corpus.ts'
import { parseGlossary } from './glossary.ts'
import { heldOutHowTo } from './heldout-howto.ts'
import { heldOutUnknown } from './heldout-unknown.ts'
import { howToIntents } from './howto/index.ts'
import { newcomerQuestions } from './newcomer.ts'
import { expand, normalise, verbPattern } from './pattern.ts'
import { talkIntents } from './talk.ts'
import { sharedTemplates, unseenTemplates } from './templates.ts'
import { termForms } from './terms.ts'
import { heldOutUnknownWords, inventedWord, trainedUnknownWords, unknownAnswer } from './unknown.ts'

const glossary = parseGlossary(readFileSync(join(import.meta.dirname, '../../../GLOSSARY.md'), 'utf8'))
const corpus = new Corpus(glossary)

describe('glossary', () => {
  test('has an entry for every term the model is asked about, and no other', () => {
    expect([...glossary.keys()]).toEqual(termForms.map(({ term }) => term))
    expect(glossary.size).toBeGreaterThanOrEqual(130)
  })

  test('definitions are one or two short sentences in plain ASCII that stand alone', () => {
    for (const [term, definition] of glossary) {
      expect(definition, term).toMatch(/^[\x20-\x7e]+\.$/)
      expect(definition.split(' ').length, term).toBeLessThanOrEqual(28)
    }
  })

  test('a term defined twice is refused', () => {
    expect(() => parseGlossary('- **a**: One.\n- **a**: Two.\n')).toThrow('defines a twice')
  })
})

describe('questions', () => {
  test('every how-to intent has five held-out wordings and a short answer', () => {
    expect(Object.keys(heldOutHowTo).sort()).toEqual(howToIntents.map(({ id }) => id).sort())
    for (const { id, answer } of [...howToIntents, ...talkIntents]) {
      expect(answer.split(' ').length, id).toBeLessThanOrEqual(28)
      expect(answer, id).toMatch(/^[\x20-\x7e]+$/)
    }
    for (const [id, questions] of Object.entries(heldOutHowTo)) expect(questions.length, id).toBe(5)
  })

  test('every how-to intent can be asked in at least thirty wordings', () => {
    const random = createRandom(3)
    for (const { id, verbs = [], other } of howToIntents) {
      const wordings = new Set<string>()
      for (let draw = 0; draw < 400; draw++) {
        if (verbs.length > 0) wordings.add(normalise(expand(random, verbPattern(random, verbs))))
        wordings.add(normalise(expand(random, other[draw % other.length] as string)))
      }
      expect(wordings.size, id).toBeGreaterThanOrEqual(30)
    }
  })

  test('held-out wordings never come up in training', () => {
    const held = new Set([...Object.values(heldOutHowTo).flat(), ...heldOutUnknown].map(normalise))
    const random = createRandom(11)
    for (let draw = 0; draw < 20_000; draw++) {
      const { question } = corpus.draw(random)
      expect(held.has(normalise(question)), question).toBe(false)
    }
  })

  test('held-out templates of a term never come up for it in training', () => {
    const random = createRandom(13)
    for (const forms of termForms) {
      const own = { text: forms.term, article: forms.article }
      const held = new Set([...heldOutTemplates(forms.term), ...unseenTemplates].map((t) => normalise(fill(t, own))))
      expect(heldOutTemplates(forms.term)).not.toContain(sharedTemplates[0])
      for (let draw = 0; draw < 100; draw++)
        expect(held.has(normalise(corpus.term(random, forms).question))).toBe(false)
    }
  })

  test('one wording has one answer', () => {
    const answers = new Map<string, Map<string, number>>()
    const random = createRandom(17)
    for (let draw = 0; draw < 60_000; draw++) {
      const { id, question } = corpus.draw(random)
      const wording = normalise(question)
      const ids = answers.get(wording) ?? new Map<string, number>()
      answers.set(wording, ids.set(id, (ids.get(id) ?? 0) + 1))
    }
    const clashes = [...answers].filter(([, ids]) => ids.size > 1)
    expect(clashes.length / answers.size).toBeLessThan(0.001)
  })

  test('newcomer questions name answers that exist', () => {
    const ids = new Set(corpus.answers().keys())
    expect(newcomerQuestions.length).toBeGreaterThanOrEqual(60)
    for (const { question, accept } of newcomerQuestions) {
      expect(
        accept.some((id) => ids.has(id)),
        question,
      ).toBe(true)
    }
  })

  test('unknown words are unknown: none is a term, and the held-out ones are apart', () => {
    const names = new Set(
      termForms.flatMap(({ term, aliases }) => [term, ...aliases.map(({ text }) => text)]).map(normalise),
    )
    for (const word of [...trainedUnknownWords, ...heldOutUnknownWords]) expect(names.has(word), word).toBe(false)
    const trained = new Set(trainedUnknownWords)
    const both = heldOutUnknownWords.filter((word) => trained.has(word))
    expect(both).toEqual([])
    expect(inventedWord(createRandom(1))).toMatch(/^[a-z]+$/)
    expect(unknownAnswer).toContain('I do not know')
  })

  test('contrasts compare two different things and each has one answer', () => {
    const pairs = contrasts.map(({ a, b }) => [a, b].sort().join('/'))
    expect(new Set(pairs).size).toBe(pairs.length)
    for (const { a, b } of contrasts) expect(a).not.toBe(b)
  })
})

describe('expand', () => {
  test('chooses alternatives, optional parts and nested groups', () => {
    const random = createRandom(1)
    const seen = new Set(Array.from({ length: 200 }, () => expand(random, '(a|b (c|d))[ x|, y]')))
    expect([...seen].sort()).toEqual(['a', 'a x', 'a, y', 'b c', 'b c x', 'b c, y', 'b d', 'b d x', 'b d, y'].sort())
  })

  test('refuses an unbalanced pattern', () => {
    expect(() => expand(createRandom(1), 'a) b')).toThrow('unbalanced')
  })
})
