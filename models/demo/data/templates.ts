/**
 * Question templates for terms: `{a}` is the term with its article, `{t}` without, `{p}` its plural.
 * The first template is always trained. Of the others in `sharedTemplates` nine are held out for each term (gate A).
 */
export const sharedTemplates: readonly string[] = [
  'what is {a}',
  "what's {a}",
  'define {t}',
  'explain {t}',
  'what does {t} mean',
  'tell me about {t}',
  'what is meant by {t}',
  'can you explain {a}',
  'describe {a}',
  'what is the meaning of {t}',
  '{t}',
  'give me a definition of {t}',
  'please explain {t}',
  'i want to know what {a} is',
  'do you know what {a} is',
  'what exactly is {a}',
  'could you tell me what {a} is',
  'what do you mean by {t}',
  'how would you define {t}',
  'explain {a} to me',
  'what is {a} in simple words',
  'help me understand {t}',
  'what is this thing called {t}',
]

/** How many of the shared templates are held out for each term. */
export const heldOutPerTerm = 9

/** Templates trained for every term. */
export const extraTemplates: readonly string[] = [
  'what is {t}',
  'whats {a}',
  'whats {t}',
  'definition of {t}',
  'meaning of {t}',
  '{t} meaning',
  '{t} definition',
  '{t} explained',
  'explain the term {t}',
  'explain the word {t}',
  'what does the term {t} mean',
  'what does the word {t} stand for',
  'i do not understand {t}',
  'i do not know what {a} is',
  'what on earth is {a}',
  'tell me what {a} is',
  'can you tell me what {t} means',
  'could you explain {t}',
  'could you define {t}',
  'what is {a} in this network',
  'what is {a} here',
  'what is the idea of {t}',
  'describe {t} in one sentence',
  'in short, what is {a}',
  'remind me what {a} is',
  'i have never heard of {t}',
  'so what is {a}',
  'and what is {a}',
  'what does {a} do',
  'how does {a} work',
  'what is {a} for',
  'what is the purpose of {a}',
  'why is there {a}',
  'what is {a} good for',
  'what kind of thing is {a}',
  'what is {a} in koinon',
  'what is {t} about',
  'what can you tell me about {t}',
  'do you know {t}',
  'explain how {a} works',
]

/** Templates trained for every term that has a plural. */
export const pluralTemplates: readonly string[] = [
  'what are {p}',
  'explain {p}',
  'tell me about {p}',
  'what do {p} do',
  '{p}',
  'how do {p} work',
  'what are {p} for',
  'why are there {p}',
]

/** Templates never used in training for any term (gate B). */
export const unseenTemplates: readonly string[] = [
  'could i get a short explanation of {t}',
  'i keep reading about {t}, what is it',
  'what should i understand by {t}',
  'teach me about {t}',
  'what is the definition of {t}',
  'give a short description of {t}',
  'mind explaining what {a} is',
  'i am new here, what is {a}',
  'would you describe {t} for me',
  'what can you say about {t}',
]
