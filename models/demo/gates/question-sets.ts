import { Corpus, fill, type Sample } from '../data/corpus.ts'
import { heldOutUnknown } from '../data/heldout-unknown.ts'
import { newcomerQuestions } from '../data/newcomer.ts'
import { sharedTemplates } from '../data/templates.ts'
import { heldOutUnknownWords, unknownAnswer } from '../data/unknown.ts'
import { createRandom, pick, seedOf, shuffled } from '../recipe/random.ts'

/** Questions as training draws them, slips of the keyboard and greetings included, from a stream of their own. */
export function seenQuestions(corpus: Corpus, count: number): Sample[] {
  const random = createRandom(seedOf('gate seen'))
  return Array.from({ length: count }, () => corpus.draw(random))
}

/** Seen wordings, typed cleanly with a capital and a question mark. */
export function seenWordings(corpus: Corpus, count: number): Sample[] {
  const random = createRandom(seedOf('gate seen wordings'))
  return Array.from({ length: count }, () => {
    const sample = corpus.wording(random)
    const { question } = sample
    return { ...sample, question: `${question.charAt(0).toUpperCase()}${question.slice(1)}?` }
  })
}

/** Topics the model was never told are unknown: held-out words in term templates, and held-out whole questions. */
export function unknownQuestions(words: number): Sample[] {
  const random = createRandom(seedOf('gate unknown'))
  const chosen = shuffled(random, heldOutUnknownWords).slice(0, words)
  const asked = chosen.map((word) => {
    const article = /^[aeiou]/.test(word) ? 'an' : 'a'
    return fill(pick(random, sharedTemplates), { text: word, article })
  })
  return [...asked, ...heldOutUnknown].map((question) => ({ id: 'unknown', question, answer: unknownAnswer }))
}

/** Newcomer questions, each with all answers that count as right. */
export function newcomerSets(corpus: Corpus): { question: string; accept: string[]; ids: readonly string[] }[] {
  const answers = corpus.answers()
  return newcomerQuestions.map(({ question, accept }) => ({
    question,
    ids: accept,
    accept: accept.flatMap((id) => {
      const answer = answers.get(id)
      return answer === undefined ? [] : [answer]
    }),
  }))
}
