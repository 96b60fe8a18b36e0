/** The emission league (specs/0013-emission.md section 4): what each policy of sharing new KOIN pays to whoever only wants the KOIN. */
export { emissionLeagueHtml } from './page.ts'
export { type EmissionLeagueReport, emissionAttacksNamed, runEmissionLeague } from './play.ts'
export { checkedEmissionWorld, defaultEmissionWorld } from './settings.ts'
export { emissionHeadline, emissionTables } from './words.ts'
