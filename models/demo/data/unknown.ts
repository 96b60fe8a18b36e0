import { computing, people, places, things } from './unknown-words.ts'

/** What the model says when it does not know. */
export const unknownAnswer = 'I do not know that. I am a small demo model and know only this network and its field.'

const split = (words: readonly string[], held: boolean) => words.filter((_, index) => (index % 3 === 2) === held)

/** Words used in training questions. */
export const trainedUnknownWords: readonly string[] = [...split(things, false), ...split(computing, false)]
/** Words never used in training questions. */
export const heldOutUnknownWords: readonly string[] = [...split(things, true), ...split(computing, true)]

const list = (words: readonly string[]) => `(${words.join('|')})`
const thing = list(split(things, false))
const tech = list(split(computing, false))
const person = list(people)
const place = list(places)
const task =
  '(bake|cook|fry|boil|peel|grow|plant|water|paint|draw|fold|sew|knit|wash|iron|clean|dry|repair|fix|build|sharpen|feed|train|catch|cut|carve|polish|freeze|melt|measure|weigh|open|pack|choose|buy|sell|find|carry|throw|hang|decorate|teach|learn|play|ride|drive|fly|tame|eat|drink)'

/** Patterns of questions outside the field, in the same notation as the how-to intents. */
export const unknownPatterns: readonly string[] = [
  `(how do i|how can i|how to|how should i|what is the best way to|can you tell me how to|i want to|is there a way to|where can i|i would like to) ${task} (a|an|my|the|some|this) ${thing}`,
  `(how do i|how can i|how to|teach me to|help me) (install|learn|write|use|run|configure|debug|set up|update|hack|code in|delete|reset|stop|start|open) ${tech}[ on my phone|on windows|at home]`,
  `(who is|who was|who are|tell me about|what did|when was|where does) ${person}[ born|married to|famous for|live|do|invent|write|say]`,
  `(what is the (capital|population|currency|language|flag|president|king|size|area|history|weather|climate|food|largest city|national anthem|time) (of|in)|where is|how far is|how big is|how do i get to|who rules|what do people eat in|have you been to|is it hot in|when was) ${place}`,
  `(who|what) (won|invented|discovered|wrote|painted|built|composed|directed|founded|killed|founded|designed|broke|stole) (the|a|an) ${thing}`,
  `what (color|size|shape|weight|age|sound|smell|taste|price|kind) (is|does|has) (a|an|the|my) ${thing}[ have|make|cost]`,
  `how (many|much|long|old|tall|heavy|fast|big|far|deep|hot|cold|loud|dangerous|expensive) (is|are|does|do|was|were|can) (a|an|the|my|your) ${thing}[ live|weigh|cost|run|need|eat|grow|take]`,
  `why (is|are|do|does|did|was) (a|an|the|my) ${thing} (so big|red|green|blue|round|heavy|sad|hungry|broken|wet|sleep|cold|loud|shine|fly|swim|sing|bark|grow|smell|important|famous|dead)`,
  `(can|do|does|is|are|should|will) (a|an|the|my|your) ${thing} (swim|fly|eat|sleep|talk|healthy|dangerous|alive|edible|expensive|good|break|float|burn|grow|a mammal|a bird|a fruit|an animal|poisonous)`,
  `(what is|calculate|how much is|compute|solve) (2|3|7|12|15|40|99|100|256|81) (plus|minus|times|divided by|to the power of) (2|4|6|8|11|23|50|1000)`,
  `(write|compose|tell|sing|read|give|show|make) (me|us) (a|an|the|one) (poem|story|song|letter|essay|speech|recipe|riddle|limerick|picture|list|rap|novel|tale|summary)[ about (a|an|my|the)] ${thing}`,
  `(translate|spell|pronounce|rhyme|say|repeat|define) ${thing} (in|into|to) (french|german|spanish|latin|japanese|italian|chinese|greek|arabic)`,
  `what is the (weather|news|time|date|day|temperature|score|traffic|menu|program|forecast)[ (today|tomorrow|now|tonight|outside|this week|here|at home)]`,
  `(what is|who is|which is|what was) (the|your|my) (biggest|smallest|best|worst|fastest|oldest|favourite|favorite|most famous|tallest|most expensive|cheapest|first|last) ${thing}[ (in the world|ever|on earth|of all time|in europe)]`,
  `what is the difference between (a|an|the|) ${thing} and (a|an|the|) ${thing}`,
  `what is the difference between ${tech} and ${tech}`,
  `(i am|i feel|i have|my friend is|i was|we are) (hungry|tired|sad|bored|ill|late|lost|in love|a headache|hurt|cold|happy|angry|pregnant|married|alone|afraid|a cold)`,
  `(should i|can i|may i|must i|do i have to|is it ok to) ${task} (a|the|my) ${thing}[ (every day|at night|tomorrow|with my hands|now)]`,
  `(where|when|why) (do|can|did|should) (i|we|people|they|you) ${task} (a|an|the|my) ${thing}`,
  `(which|what) (book|film|movie|song|game|restaurant|car|phone|city|country|dog|color|laptop|school|job|team|tv show) (should i (buy|read|see|choose|visit|get)|is the best|do you like|is famous|won|is good)`,
  `(what happens if|what if) (i|you|we) ${task} (a|an|the) ${thing}`,
  `(when|in which year|where|how) (did|was|were) (the|a) (${things.slice(0, 40).join('|')}|war|empire|titanic|roman empire|wall|revolution|world cup|first flight|internet|moon landing|bible|great fire) (end|begin|start|invented|fall|built|happen|sink|won|made|discovered)`,
  `(play|order|call|book|find|search|buy|send|remind|wake|open|close|turn on|switch on|google|drive) (me|my|the|a) ${thing}`,
  `(what|how) (does|do|did|is) (a|an|the) ${thing} (eat|do|look like|work|mean|made|made of|sound|feel|drink|dream of|live|grow)`,
  `(tell me|do you know|can you tell me|explain) (how|why|when|where) (a|an|the) ${thing} (works|is made|grows|was invented|sleeps|flies|was built|comes from|died)`,
  `(the|my|this|that) ${thing} is (broken|nice|red|too expensive|on fire|gone|missing|sleeping|sick|good|old)`,
  `(python|java|javascript|css|html|sql|excel|c++) (loop|array|function|error|class|string|list|query|example|syntax|tutorial)`,
  `(how tall|how old|how rich|how smart) is ${person}`,
  `(how do i|how can i|how to|what helps to|what is the best way to) (get|remove|wash|clean) (a|the|this) (red wine|coffee|grass|blood|ink|grease|chocolate|tomato) (stain|spot) (out of|from) (a|my|the) (shirt|carpet|sofa|dress|white shirt|tablecloth|car seat)`,
  `how long (do i|should i|do you|must i|does one) (cook|boil|bake|roast|grill|steam|fry) (an egg|rice|pasta|potatoes|a turkey|a pizza|carrots|fish|a chicken|bread|a steak|beans|vegetables)[ for dinner|in the oven|for two people]`,
  `(what can i do when|what helps when|which doctor do i see when|is it serious when|why is it that) my (head|back|knee|tooth|stomach|throat|ear|foot|neck|shoulder|eye|chest) (hurts|aches|itches|is swollen|is sore)[ at night|in the morning|after sport]`,
  `(how much is|where can i buy|how do i book|where do i find|should i get) a (cheap flight|train ticket|bus ticket|hotel room|rental car|ferry ticket|visa|travel guide|holiday house) (to|for|in) ${place}`,
  `(what is|how much is|calculate|tell me) (the square root of|half of|a third of|ten percent of|twice|the square of|a quarter of) (9|16|25|36|50|64|80|120|144|200|1000)`,
  `(solve|simplify|factor|explain|draw|help me with) (this equation|my maths homework|the fraction 3 over 4|x plus 5 equals 9|long division|the area of a circle|my algebra test|the times table|a triangle with three equal sides|percentages)`,
  `(what is in the news|what happened|any news|is there news|what did the papers say|what is going on) (today|yesterday|this morning|in the world|in politics|in ${place}|about the election|about the strike|in sport)`,
  `(who won|what was the score of|when is|who plays in|where can i watch|did you see) (the|last) (football match|tennis final|world cup final|hockey game|basketball game|boxing match|formula one race|olympic marathon|super bowl|cricket match)[ last night|yesterday|on sunday|this year]`,
  `(when did|why did|how did|in which year did) (the roman empire fall|the second world war end|columbus reach america|the titanic sink|man land on the moon|the berlin wall come down|the french revolution begin|dinosaurs die out|the black death start|the cold war end|the pyramids get built)`,
  `(how do i|how can i|should i|is it too late to|when should i) (kiss|marry|forget|impress|call|forgive|invite|leave|apologise to|propose to) (my girlfriend|my boyfriend|my wife|my husband|my ex|a girl i like|a boy in my class|my crush|my date)`,
  `(where can i buy|how much does it cost to buy|is it cheaper to order|where do they sell|what is a good price for) (a|a used|a new|a cheap) (${thing}|winter coat|washing machine|baby stroller|mountain bike|birthday present|coffee machine)[ online|near me|in town]`,
  `(my (phone|iphone|tablet|printer|television|car|washing machine|fridge|smart watch|bluetooth speaker)) (does not charge|has a cracked screen|fell into the water|makes a strange noise|will not turn off|is out of paper|smells burnt|needs a new battery|lost its sound)[, what can i do|again]`,
  `(how do i|how can i|how to|is it possible to|show me how to) (insert a table|change the font|print two pages|make a chart|add a footnote|crop a picture|remove the background|merge cells|add page numbers|sort a column|draw an arrow) in (word|excel|powerpoint|photoshop|google docs|gimp|libreoffice|outlook)`,
  `(how do i|how can i|where do i|when do i|who helps me to) (file my taxes|open a bank account|get a mortgage|renew my passport|get a driving licence|register my car|apply for a job|write a cv|get a divorce|rent a flat|vote in the election|find a dentist|get health insurance)`,
  `(how do i|how can i|what is the best way to|tips to) (lose weight|sleep better|stop smoking|get fit|grow a beard|learn to swim|get over a cold|lower my blood pressure|stay awake|get rid of a headache|cure a hangover|calm a crying baby|potty train a toddler)[ quickly|at home|without a doctor]`,
  `(what should i|what can i|what do i) (wear|cook|eat|read|watch|bring|give|say|drink) (tonight|for dinner|to a wedding|on a first date|at christmas|for my birthday|when it rains|on the beach|at a funeral|to a party)`,
  `${thing} (recipe|for sale|meaning|near me|for kids|pictures|in french|facts|wikipedia|synonym|for beginners|rules|lyrics|song)`,
  `${tech} (tutorial|download|licence key|login|vs ${tech}|for beginners|course|keyboard shortcut|alternative|stock|history|inventor)`,
  `(best|cheap|good|nearest|famous|cute|vegan) (restaurant|hotel|pizza|dog names|birthday gift|holiday|novel|dentist|pub|playlist|haircut|jokes for kids|wedding dress|beach)[ near me|in ${place}|this summer]`,
  `${thing} ${thing}`,
]

const onsets = [
  'b',
  'br',
  'ch',
  'd',
  'dr',
  'f',
  'fl',
  'g',
  'gl',
  'h',
  'j',
  'k',
  'kr',
  'l',
  'm',
  'n',
  'p',
  'pl',
  'qu',
  'r',
  's',
  'sk',
  'st',
  't',
  'tr',
  'v',
  'w',
  'y',
  'z',
  'zh',
  '',
]
const vowels = ['a', 'e', 'i', 'o', 'u', 'ai', 'ee', 'oo', 'ou', 'y']
const codas = ['', '', 'n', 'r', 's', 't', 'm', 'l', 'x', 'ck', 'ng', 'rd', 'mp', 'sh']

/** A word that does not exist, such as "blorptang": teaches that an unknown spelling has the unknown answer. */
export function inventedWord(random: () => number): string {
  const one = (parts: readonly string[]) => parts[Math.floor(random() * parts.length)] ?? ''
  let word = ''
  const syllables = 2 + Math.floor(random() * 2)
  for (let syllable = 0; syllable < syllables; syllable++) word += one(onsets) + one(vowels) + one(codas)
  return word
}
