/** The attack league (specs/0017-attack-league.md): what each attack earns against honest play, before anybody launches a subnet. */
export { type Gain, materialPercent, type Verdict } from './gain.ts'
export { attacksNamed, type LeagueReport, mechanismsNamed, runLeague } from './league.ts'
export { leagueHtml } from './report/page.ts'
export { interval, percent, verdictWords } from './report/format.ts'
export { finding, headline } from './report/words.ts'
export { readSubject } from './subject.ts'
export { checkedWorld, defaultWorld, type StakeSpread } from './settings.ts'
