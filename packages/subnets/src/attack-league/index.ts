/** The attack league (specs/0017-attack-league.md): what each attack earns against honest play, before anybody launches a subnet. */
export { aggregatorsNamed, attacksNamed, runLeague } from './league.ts'
export type { LeagueReport } from './league-report.ts'
export { percent } from './report/format.ts'
export { leagueHtml } from './report/page.ts'
export { finding, headline } from './report/words.ts'
export { checkedWorld, defaultWorld, type StakeSpread } from './settings.ts'
export { readSubject } from './subject.ts'
