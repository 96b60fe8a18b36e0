import { KoinonError } from '@koinon/base'
import { createRandom, pick, type Random, seedOf, shuffled } from '../recipe/random.ts'
import { contrasts, contrastTemplates, heldOutContrastTemplates } from './contrasts.ts'
import { heldOutHowTo } from './heldout-howto.ts'
import { heldOutUnknown } from './heldout-unknown.ts'
import { howToIntents } from './howto/index.ts'
import type { Intent } from './intent.ts'
import { roughen } from './noise.ts'
import { expand, normalise, verbPattern } from './pattern.ts'
import { talkIntents } from './talk.ts'
import { extraTemplates, heldOutPerTerm, pluralTemplates, sharedTemplates, unseenTemplates } from './templates.ts'
import { type TermForms, termForms } from './terms.ts'
import { inventedWord, trainedUnknownWords, unknownAnswer, unknownPatterns } from './unknown.ts'
import { people } from './unknown-words.ts'

/** A question, the exact answer wanted and the id of that answer (`term:...`, `howto:...`, `talk:...`, `contrast:a/b`, `unknown`). */
export type Sample = { readonly id: string; readonly question: string; readonly answer: string }

/** Shares of the training questions by kind, and the share of invented words among the unknown ones. They sum to 1 without it. */
export type Mix = {
  readonly term: number
  readonly howto: number
  readonly contrast: number
  readonly talk: number
  readonly unknown: number
  readonly invented: number
}

/** The mix a run starts with and the one its data hash is taken from. */
export const firstMix: Mix = { term: 0.43, howto: 0.3, contrast: 0.045, talk: 0.05, unknown: 0.175, invented: 0.09 }

/** Questions that may never be drawn for training, in normal form. */
const forbidden: ReadonlySet<string> = new Set(
  [...Object.values(heldOutHowTo).flat(), ...heldOutUnknown].map(normalise),
)

/** Fills a template with one form of a term. */
export function fill(template: string, form: { text: string; article: string; plural?: string | undefined }): string {
  const withArticle = form.article === '' ? form.text : `${form.article} ${form.text}`
  return template
    .replaceAll('{a}', withArticle)
    .replaceAll('{t}', form.text)
    .replaceAll('{p}', form.plural ?? form.text)
}

/** The shared templates kept out of training for one term; fixed by the term's name. */
export function heldOutTemplates(term: string): readonly string[] {
  return shuffled(createRandom(seedOf(`held out ${term}`)), sharedTemplates.slice(1)).slice(0, heldOutPerTerm)
}

/** Everything the model is asked to learn, ready to draw questions from. */
export class Corpus {
  private readonly glossary: ReadonlyMap<string, string>
  private readonly trained: ReadonlyMap<string, readonly string[]>

  /** @param glossary Definitions by term, as parsed from GLOSSARY.md. */
  constructor(glossary: ReadonlyMap<string, string>) {
    this.glossary = glossary
    this.trained = new Map(
      termForms.map(({ term }) => {
        const held = new Set(heldOutTemplates(term))
        return [term, sharedTemplates.filter((template) => !held.has(template))]
      }),
    )
  }

  /** Answers by id. */
  answers(): Map<string, string> {
    const answers = new Map<string, string>()
    for (const { term } of termForms) answers.set(`term:${term}`, this.definition(term))
    for (const { id, answer } of howToIntents) answers.set(`howto:${id}`, answer)
    for (const { id, answer } of talkIntents) answers.set(`talk:${id}`, answer)
    for (const { a, b, answer } of contrasts) answers.set(`contrast:${a}/${b}`, answer)
    answers.set('unknown', unknownAnswer)
    return answers
  }

  /** A training question of a random kind, roughened as people type. Held-out questions never come. */
  draw(random: Random, mix: Mix = firstMix): Sample {
    const sample = this.wording(random, mix)
    return { ...sample, question: roughen(random, sample.question) }
  }

  /** A training question before it is roughened: a wording without slips of the keyboard. */
  wording(random: Random, mix: Mix = firstMix): Sample {
    for (;;) {
      const sample = this.drawPlain(random, mix)
      if (!forbidden.has(normalise(sample.question))) return sample
    }
  }

  private drawPlain(random: Random, mix: Mix): Sample {
    const roll = random()
    if (roll < mix.term) return this.term(random, pick(random, termForms))
    if (roll < mix.term + mix.howto) return this.intent(random, 'howto', pick(random, howToIntents))
    if (roll < mix.term + mix.howto + mix.contrast) return this.contrast(random, contrastTemplates)
    if (roll < mix.term + mix.howto + mix.contrast + mix.talk) {
      return this.intent(random, 'talk', pick(random, talkIntents))
    }
    return { id: 'unknown', question: unknownQuestion(random, mix.invented), answer: unknownAnswer }
  }

  /** A trained question for one term. */
  term(random: Random, forms: TermForms): Sample {
    const useAlias = forms.aliases.length > 0 && random() < 0.35
    const form = useAlias
      ? pick(random, forms.aliases)
      : { text: forms.term, article: forms.article, plural: forms.plural }
    return this.definitionSample(forms.term, fill(this.template(random, forms, useAlias), form))
  }

  private template(random: Random, forms: TermForms, isAlias: boolean): string {
    const roll = random()
    if (roll < 0.08) return sharedTemplates[0] as string
    if (!isAlias && forms.plural !== undefined && roll < 0.23) return pick(random, pluralTemplates)
    if (roll < 0.6) return pick(random, this.trained.get(forms.term) ?? [])
    return pick(random, extraTemplates)
  }

  private intent(random: Random, kind: 'howto' | 'talk', intent: Intent): Sample {
    const verbs = intent.verbs ?? []
    const pattern = verbs.length > 0 && random() < 0.42 ? verbPattern(random, verbs) : pick(random, intent.other)
    return { id: `${kind}:${intent.id}`, question: expand(random, pattern), answer: intent.answer }
  }

  private contrast(random: Random, templates: readonly string[]): Sample {
    const { a, b, answer } = pick(random, contrasts)
    const [first, second] = random() < 0.5 ? [a, b] : [b, a]
    const withArticles = random() < 0.5
    const text = (term: string) => {
      const form = termForms.find((forms) => forms.term === term)
      if (!form) return withArticles ? `a ${term}` : term
      return fill(withArticles ? '{a}' : '{t}', { text: form.term, article: form.article })
    }
    const question = pick(random, templates).replaceAll('{a}', text(first)).replaceAll('{b}', text(second))
    return { id: `contrast:${a}/${b}`, question, answer }
  }

  /** Gate A: one question a term, by a template this term never had in training. */
  knownTemplateNewTerm(): Sample[] {
    return termForms.map((forms) => {
      const template = pick(createRandom(seedOf(`gate A ${forms.term}`)), heldOutTemplates(forms.term))
      return this.definitionSample(forms.term, fill(template, { text: forms.term, article: forms.article }))
    })
  }

  /** Gate B: one question a term, by a template no term ever had in training. */
  unseenTemplate(): Sample[] {
    return termForms.map((forms) => {
      const template = pick(createRandom(seedOf(`gate B ${forms.term}`)), unseenTemplates)
      return this.definitionSample(forms.term, fill(template, { text: forms.term, article: forms.article }))
    })
  }

  /** Gate C: the hand-written how-to wordings fixed before training. */
  unseenHowTo(): Sample[] {
    return howToIntents.flatMap(({ id, answer }) =>
      (heldOutHowTo[id] ?? []).map((question) => ({ id: `howto:${id}`, question, answer })),
    )
  }

  /** Contrasts asked by templates never trained, both orders. */
  unseenContrast(): Sample[] {
    const random = createRandom(seedOf('gate contrast'))
    return Array.from({ length: contrasts.length * 2 }, () => this.contrast(random, heldOutContrastTemplates))
  }

  private definition(term: string): string {
    const definition = this.glossary.get(term)
    if (definition === undefined)
      throw new KoinonError({ code: 'model/bad-data', message: `the glossary lacks ${term}` })
    return definition
  }

  private definitionSample(term: string, question: string): Sample {
    return { id: `term:${term}`, question, answer: this.definition(term) }
  }
}

function unknownQuestion(random: Random, invented: number): string {
  const roll = random()
  if (roll < 0.45) {
    const word =
      roll < 0.42 - invented
        ? pick(random, trainedUnknownWords)
        : roll < 0.42
          ? inventedWord(random)
          : pick(random, people)
    const article = /^[A-Z]|^the |^my /.test(word) ? '' : random() < 0.75 ? (/^[aeiou]/.test(word) ? 'an' : 'a') : ''
    const template = pick(random, random() < 0.5 ? sharedTemplates : random() < 0.85 ? extraTemplates : pluralTemplates)
    return fill(template, { text: word, article, plural: `${word}s` })
  }
  return expand(random, pick(random, unknownPatterns))
}
