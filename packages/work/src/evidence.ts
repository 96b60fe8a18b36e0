/** What a verdict can rest on. */
export type EvidenceKind = 'attested' | 'reExecuted' | 'proved' | 'quorum' | 'possession' | 'blinded'
